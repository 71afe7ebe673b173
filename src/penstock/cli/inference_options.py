# SPDX-License-Identifier: Apache-2.0
"""What ``penstock infer`` is given, read: the YAML file, Beam's arguments, the project around it and its store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.cli.preparation import anchored, connection, parsed_params
from penstock.cli.stores import store_of_project
from penstock.components.graph_inferrer.standalone import pipeline_of
from penstock.config.typed import typed
from penstock.config.yaml_file import read_yaml
from penstock.graph.compiler import compile_pipeline
from penstock.inference.config_file import InferenceFile, read_inference_config
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.runners.pipeline_file import find_project_root
from penstock.runtime.loading import make_importable


@dataclass(frozen=True, slots=True)
class InferenceOptions:
    """The options of ``penstock infer`` that say what is inferred, and where it is recorded.

    Attributes:
        config: The YAML file.
        beam: YAML file with Beam's arguments.
        params: ``name=value`` of parameters that the file declares.
        pipeline_root: Root URI of the artifacts, instead of the file's.
        metadata: Path or URL of the metadata store, instead of the file's.
    """

    config: Path
    beam: Path | None = None
    params: tuple[str, ...] = ()
    pipeline_root: str | None = None
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """What a file in ``configs/beam`` holds.

    Attributes:
        beam_pipeline_args: Arguments of Beam.
    """

    beam_pipeline_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inference:
    """What is to be inferred, read and checked as far as it can be without rows.

    Attributes:
        file: The YAML file.
        project_root: Folder of the project.
        metadata: The metadata store.
        beam_pipeline_args: Arguments of Beam that follow the file's.
        pipeline_root: Root URI of the artifacts; ``None`` means the project's own place.
        given: The parameters that were given.
    """

    file: InferenceFile
    project_root: str
    metadata: ConnectionConfig
    beam_pipeline_args: tuple[str, ...] = ()
    pipeline_root: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, options: InferenceOptions) -> Inference:
        """Reads the files that the options name.

        Raises:
            UsageError: Something in them cannot be.
        """
        root = find_project_root(options.config.resolve().parent) or options.config.resolve().parent
        make_importable(str(root))
        given = {name: str(item.value) for name, item in parsed_params(options.params).items()}
        file = read_inference_config(options.config, given, project_root=str(root))
        beam = typed(BeamSettings, read_yaml(options.beam)) if options.beam else BeamSettings()
        return cls(
            file=file,
            project_root=str(root),
            metadata=_store(options, file, root),
            beam_pipeline_args=beam.beam_pipeline_args,
            pipeline_root=anchored(options.pipeline_root, os.getcwd())
            or anchored(file.pipeline_root, str(root)),
            given=given,
        )

    def compiled(self) -> PipelineIR:
        """Returns the IR of the pipeline that the file stands for."""
        pipeline = pipeline_of(self.file, self.beam_pipeline_args)
        ir = compile_pipeline(pipeline, project_root=self.project_root)
        return replace(ir, root=self.pipeline_root or ir.root, metadata=self.metadata.to_json_dict())


def _store(options: InferenceOptions, file: InferenceFile, root: Path) -> ConnectionConfig:
    if options.metadata is not None:
        return connection(options.metadata, os.getcwd())
    return connection(file.metadata, str(root)) if file.metadata else store_of_project(root)
