# SPDX-License-Identifier: Apache-2.0
"""Compiles a pipeline to its IR."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any, cast

from penstock.errors import PipelineError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.node import BaseNode, NodeOptions
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.system_nodes import Importer, Resolver
from penstock.ir.model import (
    ChannelIR,
    InputIR,
    NodeIR,
    OutputIR,
    ParameterType,
    PipelineIR,
    RuntimeParameterIR,
    ValueIR,
)
from penstock.messages.codec import to_jsonable
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.version import __version__

RESOLVER_TYPE = "tfx.dsl.components.common.resolver.Resolver"
IMPORTER_TYPE = "tfx.dsl.components.common.importer.Importer"


def compile_pipeline(pipeline: Pipeline, *, project_root: str | None = None) -> PipelineIR:
    """Returns the IR of a pipeline.

    Args:
        pipeline: The pipeline.
        project_root: Folder of the user's project; the working directory where it is not given. Artifacts and
            metadata go into its ``.penstock`` folder where the pipeline names no place of its own.

    Raises:
        PipelineError: Something in the pipeline cannot be carried to another process.
    """
    root = os.path.abspath(project_root or os.getcwd())
    home = os.path.join(root, ".penstock")
    metadata = pipeline.metadata_connection_config or sqlite_metadata_connection_config(
        os.path.join(home, "metadata.db")
    )
    if metadata.kind == "sqlite":
        metadata = replace(metadata, filename_uri=_absolute(metadata.filename_uri, root))
    runtime_parameters: dict[str, RuntimeParameterIR] = {}
    nodes = tuple(_node(node, pipeline, runtime_parameters) for node in pipeline.components)
    return PipelineIR(
        name=pipeline.pipeline_name,
        root=_absolute(pipeline.pipeline_root, root)
        or os.path.join(home, "pipelines", pipeline.pipeline_name),
        metadata=metadata.to_json_dict(),
        project_root=root,
        nodes=nodes,
        runtime_parameters=runtime_parameters,
        examples_format=pipeline.examples_format,
        penstock_version=__version__,
    )


def _absolute(uri: str, base: str) -> str:
    return uri if not uri or "://" in uri else os.path.normpath(os.path.join(base, uri))


def _node(node: BaseNode, pipeline: Pipeline, found: dict[str, RuntimeParameterIR]) -> NodeIR:
    if isinstance(node, Resolver):
        return _resolver(node)
    if isinstance(node, Importer):
        return _importer(node, found)
    if isinstance(node, BaseComponent):
        return _component(node, pipeline, found)
    raise PipelineError(
        f"{node!r} is of no kind that can be compiled", expected="component, Resolver or Importer"
    )


def _component(node: BaseComponent, pipeline: Pipeline, found: dict[str, RuntimeParameterIR]) -> NodeIR:
    signature = node.signature()
    options = node.options
    cached = pipeline.enable_cache if options.enable_cache is None else options.enable_cache
    return NodeIR(
        id=node.id,
        kind="component",
        type=node.type_name(),
        base_type=node.BASE_TYPE,
        component=_import_path(type(node), node.id),
        inputs={
            key: InputIR(
                channels=tuple(_channel(c) for c in channels),
                optional=signature.inputs[key].allow_empty,
                multiple=signature.inputs[key].multiple,
                one_each=signature.inputs[key].one_each,
            )
            for key, channels in node.inputs.items()
        },
        outputs={
            key: OutputIR(type=channel.type_name, multiple=signature.outputs[key].multiple)
            for key, channel in node.outputs.items()
        },
        parameters={key: _value(value, found) for key, value in node.exec_properties.items()},
        upstream=_upstream(node),
        requires=type(node).REQUIRES,
        enable_cache=cached,
        max_retries=options.max_retries,
        retry_delay_seconds=options.retry_delay_seconds,
        timeout_seconds=options.timeout_seconds,
        beam_pipeline_args=(*pipeline.beam_pipeline_args, *options.beam_pipeline_args),
    )


def _check_options(node: Resolver | Importer) -> None:
    """Refuses options that are about an executor, and about its results, for a node that has none."""
    given = [name for name, value in asdict(node.options).items() if value != getattr(NodeOptions(), name)]
    if given:
        raise PipelineError(
            f"{type(node).__name__} takes no {', '.join(given)}",
            component=node.id,
            hint="retries, time-outs, cache and Beam arguments are for components",
        )


def _resolver(node: Resolver) -> NodeIR:
    _check_options(node)
    return NodeIR(
        id=node.id,
        kind="resolver",
        type=RESOLVER_TYPE,
        component=_import_path(node.strategy_class, node.id),
        inputs={
            key: InputIR(channels=tuple(_channel(c) for c in channels), optional=True, multiple=True)
            for key, channels in node.inputs.items()
        },
        outputs={
            key: OutputIR(type=channel.type_name, multiple=True) for key, channel in node.outputs.items()
        },
        parameters={"config": ValueIR(constant=to_jsonable(node.config))},
        upstream=_upstream(node),
    )


def _importer(node: Importer, found: dict[str, RuntimeParameterIR]) -> NodeIR:
    _check_options(node)
    return NodeIR(
        id=node.id,
        kind="importer",
        type=IMPORTER_TYPE,
        component=_import_path(node.artifact_type, node.id),
        outputs={key: OutputIR(type=channel.type_name) for key, channel in node.outputs.items()},
        parameters={
            "source_uri": _value(node.source_uri, found),
            "reimport": ValueIR(constant=node.reimport),
            "properties": ValueIR(constant=node.properties),
            "custom_properties": ValueIR(constant=node.custom_properties),
        },
        upstream=_upstream(node),
    )


def _upstream(node: BaseNode) -> tuple[str, ...]:
    return tuple(sorted(upstream.id for upstream in node.upstream_nodes))


def _channel(channel: Channel) -> ChannelIR:
    producer = channel.producer.id if channel.producer else None
    return ChannelIR(
        type=channel.type_name,
        producer=producer,
        output=channel.output_key,
        pipeline=channel.pipeline,
        node=channel.node,
    )


def _value(value: Any, found: dict[str, RuntimeParameterIR]) -> ValueIR:
    if not isinstance(value, RuntimeParameter):
        return ValueIR(constant=to_jsonable(value))
    compiled = RuntimeParameterIR(
        name=value.name,
        type=cast(ParameterType, value.ptype.__name__),
        default=value.default,
        description=value.description,
    )
    known = found.setdefault(value.name, compiled)
    if known != compiled:
        raise PipelineError(
            f"runtime parameter {value.name!r} is declared twice, differently",
            expected=str(known),
            got=str(compiled),
        )
    return ValueIR(runtime_parameter=value.name)


def _import_path(cls: type, node_id: str) -> str:
    if "<locals>" in cls.__qualname__:
        raise PipelineError(
            f"{cls.__qualname__} is defined inside a function, where another process cannot find it",
            component=node_id,
            hint="define the class at the top level of a module",
        )
    if cls.__module__ == "__main__":
        raise PipelineError(
            f"{cls.__qualname__} is defined in the file that is run as a program, where another process cannot find it",
            component=node_id,
            hint="move the class to a module of its own and import it",
        )
    return f"{cls.__module__}:{cls.__qualname__}"
