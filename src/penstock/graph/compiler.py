# SPDX-License-Identifier: Apache-2.0
"""Compiles a pipeline to its IR."""

from __future__ import annotations

import os
from dataclasses import replace

from penstock.errors import PipelineError
from penstock.graph.flattening import Flattened
from penstock.graph.node_compiler import NodeCompiler
from penstock.graph.pipeline import Pipeline
from penstock.ir.model import PipelineIR
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.version import __version__


def compile_pipeline(pipeline: Pipeline, *, project_root: str | None = None) -> PipelineIR:
    """Returns the IR of a pipeline.

    Args:
        pipeline: The pipeline.
        project_root: Folder of the user's project; the working directory where it is not given. Artifacts and
            metadata go into its ``.penstock`` folder where the pipeline names no place of its own.

    Raises:
        PipelineError: It is none, something in it cannot be carried to another process, or does not fit together.
    """
    if not isinstance(pipeline, Pipeline):
        raise PipelineError(
            "what is to be run is no pipeline",
            expected="a Pipeline",
            got=f"{pipeline!r:.80} ({type(pipeline).__name__})",
            hint=f"{getattr(pipeline, '__name__', 'create_pipeline')}() makes one"
            if callable(pipeline)
            else None,
        )
    root = os.path.abspath(project_root or os.getcwd())
    home = os.path.join(root, ".penstock")
    metadata = pipeline.metadata_connection_config or sqlite_metadata_connection_config(
        os.path.join(home, "metadata.db")
    )
    if metadata.kind == "sqlite":
        metadata = replace(metadata, filename_uri=_absolute(metadata.filename_uri, root))
    compiler = NodeCompiler(Flattened(pipeline), root)
    nodes = compiler.nodes()
    return PipelineIR(
        name=pipeline.pipeline_name,
        root=_absolute(pipeline.pipeline_root, root)
        or os.path.join(home, "pipelines", pipeline.pipeline_name),
        metadata=metadata.to_json_dict(),
        project_root=root,
        nodes=nodes,
        runtime_parameters=compiler.runtime_parameters,
        examples_format=pipeline.examples_format,
        penstock_version=__version__,
        scopes=compiler.scopes(),
        sources=compiler.sources,
    )


def _absolute(uri: str, base: str) -> str:
    return uri if not uri or "://" in uri else os.path.normpath(os.path.join(base, uri))
