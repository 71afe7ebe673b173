# SPDX-License-Identifier: Apache-2.0
"""Compiles the nodes and scopes of a flattened pipeline."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from penstock.errors import PenstockError, PipelineError
from penstock.graph.carrying.carrier import CarriedModule, carry, name_in
from penstock.graph.channel import Channel, LoopChannel
from penstock.graph.class_style import executor_path
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import ExecutorClassSpec
from penstock.graph.flattening import FlatNode, Flattened, Place
from penstock.graph.node import BaseNode, NodeOptions
from penstock.graph.placeholder import Placeholder, known_later
from penstock.graph.placeholder_places import check_beam_args, check_parameter
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.signature import PortSpec
from penstock.graph.system_nodes import Importer, Resolver
from penstock.ir.container import CONTAINER
from penstock.ir.model import (
    ChannelIR,
    ExpressionIR,
    InputIR,
    NodeIR,
    OutputIR,
    ParameterType,
    RuntimeParameterIR,
    ScopeIR,
    ValueIR,
)
from penstock.messages.codec import to_jsonable

RESOLVER_TYPE = "tfx.dsl.components.common.resolver.Resolver"
IMPORTER_TYPE = "tfx.dsl.components.common.importer.Importer"


class NodeCompiler:
    """Compiles nodes; what these need besides, it collects.

    Args:
        whole: The pipeline, taken apart.
        project_root: Folder of the user's project.
    """

    def __init__(self, whole: Flattened, project_root: str) -> None:
        self._whole = whole
        self._project_root = project_root
        self.runtime_parameters: dict[str, RuntimeParameterIR] = {}
        self.sources: dict[str, str] = {}
        self._carried: dict[type, CarriedModule] = {}
        self._runtime_info: Mapping[str, Any] = {}

    def nodes(self) -> tuple[NodeIR, ...]:
        """Returns the nodes, each after those that it waits for, exit handlers last."""
        return tuple(self._node(flat) for flat in (*self._whole.nodes, *self._whole.exit_handlers))

    def scopes(self) -> tuple[ScopeIR, ...]:
        """Returns the scopes, each after the one around it."""
        return tuple(self._scope(place) for place in self._whole.places)

    # ---------------------------------------------------------------------------------------------------------- scopes

    def _scope(self, place: Place) -> ScopeIR:
        parent = place.parent.id if place.parent is not None else None
        if place.pipeline is not None:
            pipeline = place.pipeline
            return ScopeIR(
                place.id,
                "pipeline",
                parent,
                name=pipeline.pipeline_name,
                inputs={
                    k: self._channels(c, place.parent) for k, c in pipeline.pipeline_inputs.raw_inputs.items()
                },
                outputs={k: self._channels(c, place) for k, c in pipeline.outputs.items()},
            )
        scope = place.scope
        if isinstance(scope, Cond):
            return ScopeIR(
                place.id,
                "condition",
                parent,
                predicate=self._expression(scope.predicate, place.parent),
                upstream=self._producers(scope.channels()),
            )
        loop = cast(ForEach, scope)
        over = tuple(c for channel in loop.channels() for c in self._channels(channel, place.parent))
        return ScopeIR(
            place.id, "loop", parent, over=over, groups=loop.groups, upstream=self._producers(loop.channels())
        )

    # ----------------------------------------------------------------------------------------------------------- nodes

    def _node(self, flat: FlatNode) -> NodeIR:
        try:
            if isinstance(flat.node, Resolver):
                return self._resolver(flat, flat.node)
            if isinstance(flat.node, Importer):
                return self._importer(flat, flat.node)
            if isinstance(flat.node, BaseComponent):
                return self._component(flat, flat.node)
        except PenstockError as error:
            raise error.with_component(flat.id) from None
        raise PipelineError(
            f"{flat.node!r} is of no kind that can be compiled",
            expected="component, Resolver, Importer or Pipeline",
        )

    def _component(self, flat: FlatNode, node: BaseComponent) -> NodeIR:
        signature, options = node.signature(), node.options
        beam_args = [arg for pipeline in flat.pipelines for arg in pipeline.beam_pipeline_args]
        platform = options.platform
        for pipeline in reversed(flat.pipelines):
            platform = pipeline.platform_config if platform is None else platform
        at_exit = flat in self._whole.exit_handlers
        cached = any(pipeline.enable_cache for pipeline in flat.pipelines)
        # An exit handler is there for what it does: no result of an earlier run stands for that.
        cached = (cached if options.enable_cache is None else options.enable_cache) and not at_exit
        beam_args += options.beam_pipeline_args
        for name, value in node.exec_properties.items():
            check_parameter(name, value, signature.parameters[name].hint, signature)
        check_beam_args(tuple(beam_args), signature)
        self._runtime_info = {
            "executor_spec": _executor_info(node),
            "platform_config": platform,
            "pipeline_platform_config": self._whole.pipeline.platform_config,
        }
        return NodeIR(
            id=flat.id,
            kind="component",
            type=node.type_name(),
            base_type=node.BASE_TYPE,
            component=self._import_path(type(node), flat.id),
            inputs={
                key: self._input(flat, key, channels, signature.inputs[key])
                for key, channels in node.inputs.items()
            },
            outputs={
                key: OutputIR(type=channel.type_name, multiple=signature.outputs[key].multiple)
                for key, channel in node.outputs.items()
            },
            parameters={key: self._value(value, flat.place) for key, value in node.exec_properties.items()},
            upstream=self._upstream(flat),
            requires=node.requires,
            enable_cache=cached,
            max_retries=options.max_retries,
            retry_delay_seconds=options.retry_delay_seconds,
            timeout_seconds=options.timeout_seconds,
            beam_pipeline_args=tuple(self._value(arg, flat.place) for arg in beam_args),
            scope=_id_of(flat.place),
            trigger="at_exit" if at_exit else options.trigger,
            success_optional=options.success_optional,
            resources=options.resources,
            platform=to_jsonable(platform, "platform_config"),
            declaration=self._declaration(node, flat.id),
        )

    def _declaration(self, node: BaseComponent, node_id: str) -> Any:
        """Returns a component's declaration; an executor class of the program is carried as a component is."""
        document = to_jsonable(node.declaration, "declaration")
        if executor_path(document).startswith("__main__:"):
            path = self._import_path(cast(ExecutorClassSpec, node.executor_spec).executor_class, node_id)
            return {**document, "executor": path}
        return document

    def _input(self, flat: FlatNode, key: str, channels: tuple[Channel, ...], port: PortSpec) -> InputIR:
        compiled = tuple(c for channel in channels for c in self._channels(channel, flat.place))
        for channel in compiled:
            if channel.producer is None and channel.loop is None:
                raise PipelineError(
                    f"input {key!r} is fed from the history",
                    expected="an output of a node",
                    got=f"a channel of {channel.type} without a producer",
                    hint="let a Resolver choose from the history: Resolver(strategy_class=LatestArtifactStrategy, …)",
                )
            self._check_gathering(flat, key, channel, port)
        optional = port.allow_empty or (port.optional and all(channel.optional for channel in channels))
        if not port.optional and any(channel.optional for channel in channels):
            raise PipelineError(
                f"input {key!r} cannot do without artifacts", got="a channel made optional with as_optional()"
            )
        return InputIR(channels=compiled, optional=optional, multiple=port.multiple, one_each=port.one_each)

    def _check_gathering(self, flat: FlatNode, key: str, channel: ChannelIR, port: PortSpec) -> None:
        """Refuses what all items of a loop have made where one artifact is wanted."""
        producer = self._whole.by_id.get(channel.producer or "")
        if producer is None or port.multiple:
            return
        inside = [loop for loop in producer.loops if loop not in flat.loops]
        if inside:
            raise PipelineError(
                f"input {key!r} takes one artifact, and {producer.id} makes one for each item of a ForEach",
                expected=f"one {channel.type}",
                got=f"one for each item of {inside[-1].id}",
                hint="use it inside of the ForEach, or in a component whose input takes a list",
            )

    def _resolver(self, flat: FlatNode, node: Resolver) -> NodeIR:
        _check_options(node)
        return NodeIR(
            id=flat.id,
            kind="resolver",
            type=RESOLVER_TYPE,
            component=self._import_path(node.strategy_class, flat.id),
            inputs={
                key: InputIR(
                    channels=tuple(c for channel in channels for c in self._channels(channel, flat.place)),
                    optional=True,
                    multiple=True,
                )
                for key, channels in node.inputs.items()
            },
            outputs={
                key: OutputIR(type=channel.type_name, multiple=True) for key, channel in node.outputs.items()
            },
            parameters={"config": ValueIR(constant=to_jsonable(node.config, "config"))},
            upstream=self._upstream(flat),
            scope=_id_of(flat.place),
            trigger=node.options.trigger,
        )

    def _importer(self, flat: FlatNode, node: Importer) -> NodeIR:
        _check_options(node)
        check_parameter("source_uri", node.source_uri, str)
        for name, value in node.parameter_values().items():
            check_parameter(name, value, Any)
        return NodeIR(
            id=flat.id,
            kind="importer",
            type=IMPORTER_TYPE,
            component=self._import_path(node.artifact_type, flat.id),
            outputs={key: OutputIR(type=channel.type_name) for key, channel in node.outputs.items()},
            parameters={
                key: self._value(value, flat.place) for key, value in node.parameter_values().items()
            },
            upstream=self._upstream(flat),
            scope=_id_of(flat.place),
            trigger=node.options.trigger,
        )

    # -------------------------------------------------------------------------------------------------------- channels

    def _channels(self, channel: Channel, place: Place | None) -> tuple[ChannelIR, ...]:
        return tuple(self._channel(source, place) for source in channel.sources())

    def _channel(self, channel: Channel, place: Place | None) -> ChannelIR:
        if isinstance(channel, LoopChannel):
            return ChannelIR(channel.type_name, output=channel.output_key, loop=self._loop(channel, place).id)
        if channel.producer is None:
            return ChannelIR(
                channel.type_name,
                output=channel.output_key,
                pipeline=channel.pipeline,
                node=channel.node,
                run=channel.run,
            )
        return ChannelIR(
            channel.type_name, producer=self._whole.flat(channel.producer).id, output=channel.output_key
        )

    def _loop(self, channel: LoopChannel, place: Place | None) -> Place:
        for around in place.chain if place is not None else ():
            if around.scope is channel.loop:
                return around
        raise PipelineError(
            "the variable of a ForEach is used outside of its block",
            got=repr(channel),
            hint="make the node inside of the `with ForEach(…) as …:` block, or take the channel that it goes over",
        )

    def _upstream(self, flat: FlatNode) -> tuple[str, ...]:
        """Returns the ids of all that a node waits for, and of what the pipelines around it were told to wait for."""
        node = flat.node
        channels = [*(c for group in node.inputs.values() for c in group), *node.read_channels()]
        by_hand = [*node.order_only_upstream, *(u for p in flat.pipelines for u in p.order_only_upstream)]
        around = flat.place.chain if flat.place is not None else ()
        channels += [c for place in around if place.scope is not None for c in place.scope.channels()]
        waited = {inner.id for upstream in by_hand for inner in self._whole.inner(upstream)}
        return tuple(sorted({*self._producers(channels), *waited}))

    def _producers(self, channels: Any) -> tuple[str, ...]:
        sources = (source for channel in channels for source in channel.sources())
        return tuple(sorted({self._whole.flat(s.producer).id for s in sources if s.producer is not None}))

    # ---------------------------------------------------------------------------------------------------------- values

    def _value(self, value: Any, place: Place | None) -> ValueIR:
        if isinstance(value, RuntimeParameter):
            return ValueIR(runtime_parameter=self._runtime_parameter(value))
        if known_later(value):
            return ValueIR(expression=self._nested(value, place))
        return ValueIR(constant=to_jsonable(value))

    def _nested(self, value: Any, place: Place | None) -> ExpressionIR:
        """Returns the expression of a value that has placeholders in it."""
        if isinstance(value, Placeholder):
            return self._expression(value, place)
        if isinstance(value, RuntimeParameter):
            return ExpressionIR("runtime_parameter", value=self._runtime_parameter(value))
        if isinstance(value, dict):
            items = [part for item in value.items() for part in item]
            return ExpressionIR("dict", tuple(self._nested(item, place) for item in items))
        if isinstance(value, (list, tuple)):
            return ExpressionIR("list", tuple(self._nested(item, place) for item in value))
        return ExpressionIR("constant", value=to_jsonable(value))

    def _expression(self, placeholder: Placeholder, place: Place | None) -> ExpressionIR:
        parts = placeholder.__parts__
        args = tuple(self._expression(arg, place) for arg in parts.args)
        if isinstance(parts.value, RuntimeParameter):
            return ExpressionIR(parts.op, args, self._runtime_parameter(parts.value))
        if parts.op == "run" and parts.value in self._runtime_info:
            info = self._runtime_info[parts.value]
            return ExpressionIR("constant", value=to_jsonable(info, f"runtime_info({parts.value!r})"))
        if parts.channel is None:
            return ExpressionIR(parts.op, args, to_jsonable(parts.value))
        channels = self._channels(parts.channel, place)
        if len(channels) != 1 or (channels[0].producer is None and channels[0].loop is None):
            raise PipelineError(
                "a placeholder reads something else than an output of one node",
                got=repr(parts.channel),
                hint="a union, or the history, goes through an input or a Resolver first",
            )
        return ExpressionIR(parts.op, args, to_jsonable(parts.value), channels[0])

    def _runtime_parameter(self, value: RuntimeParameter) -> str:
        compiled = RuntimeParameterIR(
            name=value.name,
            type=cast(ParameterType, value.ptype.__name__),
            default=value.default,
            description=value.description,
        )
        known = self.runtime_parameters.setdefault(value.name, compiled)
        if known != compiled:
            raise PipelineError(
                f"runtime parameter {value.name!r} is declared twice, differently",
                expected=f"one declaration for all, such as {_spelled(known)}",
                got=_spelled(compiled),
            )
        return value.name

    def _import_path(self, cls: type, node_id: str) -> str:
        if "<locals>" in cls.__qualname__:
            raise PipelineError(
                f"{cls.__qualname__} is defined inside a function, where another process cannot find it",
                component=node_id,
                hint="define the class at the top level of a module",
            )
        if cls.__module__ == "__main__":
            if cls not in self._carried:
                self._carried[cls] = carry(cls, self._project_root)
            carried = self._carried[cls]
            self.sources[carried.name] = carried.text
            return f"{carried.name}:{carried.attribute}"
        module = sys.modules.get(cls.__module__)
        attribute = name_in(vars(module), cls) if module is not None else ""
        return f"{cls.__module__}:{attribute or cls.__qualname__}"


def _executor_info(node: BaseComponent) -> dict[str, Any]:
    declaration = node.declaration if isinstance(node.declaration, Mapping) else {}
    if CONTAINER in declaration:
        return dict(declaration[CONTAINER])
    executor = getattr(node.executor_spec, "class_path", None)
    return {"class_path": executor or type(node).EXECUTOR.replace(":", ".")}


def _id_of(place: Place | None) -> str | None:
    return place.id if place is not None else None


def _check_options(node: BaseNode) -> None:
    """Refuses options that are about an executor, and about its results, for a node that has none."""
    plain = asdict(NodeOptions(trigger=node.options.trigger))
    given = [name for name, value in asdict(node.options).items() if value != plain[name]]
    if given:
        raise PipelineError(
            f"{type(node).__name__} takes no {', '.join(given)}",
            component=node.id,
            hint="retries, time-outs, cache, Beam arguments and resources are for components",
        )


def _spelled(parameter: RuntimeParameterIR) -> str:
    """Returns a runtime parameter as users write it."""
    settings = [repr(parameter.name), parameter.type]
    settings += [f"default={parameter.default!r}"] if parameter.default is not None else []
    settings += [f"description={parameter.description!r}"] if parameter.description else []
    return f"RuntimeParameter({', '.join(settings)})"
