# SPDX-License-Identifier: Apache-2.0
"""From a pipeline file, settings and parameters to the IR."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

from penstock.cli.pipeline_options import PipelineOptions
from penstock.config.run_settings import RunSettings, load_run_settings
from penstock.errors import ParameterError, UsageError, did_you_mean
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.run_options import RunOptions
from penstock.ir.model import PipelineIR
from penstock.metadata import config as metadata_config
from penstock.runners.build_parameters import BuildArguments, Given, recordable
from penstock.runners.pipeline_file import open_pipeline_file
from penstock.runtime.values import Value, runtime_values


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pipeline that is ready to run.

    Attributes:
        ir: The compiled pipeline.
        build_parameters: All arguments of its ``create_pipeline``, as plain JSON.
        runtime_parameters: The runtime parameters that were given.
        run_options: Which part of it the file's own call of a runner asks for.
    """

    ir: PipelineIR
    build_parameters: Mapping[str, Any]
    runtime_parameters: Mapping[str, Any]
    run_options: RunOptions | None = None

    def check_runtime_parameters(self) -> None:
        """Raises ``UsageError`` where a runtime parameter has no value, or one of the wrong type."""
        _runtime_values(self.ir, self.runtime_parameters)

    def with_runtime_defaults(self) -> PipelineIR:
        """Returns the IR in which the given runtime parameters are the defaults."""
        known = self.ir.runtime_parameters
        given = replace(self.ir, runtime_parameters={name: known[name] for name in self.runtime_parameters})
        values = _runtime_values(given, self.runtime_parameters)
        changed = {name: replace(known[name], default=value) for name, value in values.items()}
        return replace(self.ir, runtime_parameters={**known, **changed})


def _runtime_values(ir: PipelineIR, given: Mapping[str, Any]) -> Mapping[str, Value]:
    try:
        return runtime_values(ir, given)
    except ParameterError as error:
        raise UsageError(error.message, expected=error.expected, got=error.got, hint=error.hint) from None


class Preparation:
    """What the options say, read once; the pipeline can then be made with parameters of an earlier run as well.

    Raises:
        UsageError: A file is missing, or an option does not mean anything.
        UserCodeError: The pipeline file does not load.
    """

    def __init__(self, options: PipelineOptions) -> None:
        self._options = options
        self.settings = load_run_settings(options.config) if options.config else RunSettings()
        self._given = {
            **{name: Given(entry.plain, entry.place) for name, entry in self.settings.parameters.items()},
            **parsed_params(options.params),
        }
        self.file = open_pipeline_file(options.file)
        with _beside_the_output():
            self._arguments = self._find_arguments()

    def _find_arguments(self) -> BuildArguments | None:
        """Returns the arguments of the file's ``create_pipeline``, or ``None`` where its runner call is used.

        A file with both is one of TFX's templates: its ``create_pipeline`` is called by its own runner call where it
        cannot be called as things stand.
        """
        if not self.file.defines_create_pipeline:
            return None
        arguments = BuildArguments(self.file.create_pipeline(), self.file.path)
        set_here = any(name in self._given for name in arguments.names)
        return None if arguments.required and not set_here and self.file.is_program else arguments

    @property
    def explicit_metadata(self) -> metadata_config.ConnectionConfig | None:
        """The metadata store that the command line or the settings name."""
        if self._options.metadata is not None:
            return connection(self._options.metadata, os.getcwd())
        if self.settings.metadata is not None:
            return connection(self.settings.metadata, str(self.file.project_root))
        return None

    def prepared(self, earlier: Mapping[str, Any] | None = None) -> Prepared:
        """Makes and compiles the pipeline.

        Args:
            earlier: Parameters of an earlier run, which those given now override. Names that the pipeline no longer
                knows are left out.
        """
        earlier_given = {name: Given(value, "the earlier run") for name, value in (earlier or {}).items()}
        given = {**earlier_given, **self._given}
        with _beside_the_output():
            pipeline, values, run_options = self._make(given)
        ir = self._placed(compile_pipeline(pipeline, project_root=str(self.file.project_root)))
        names = self._arguments.names if self._arguments else ()
        runtime = {name: item.value for name, item in given.items() if name in ir.runtime_parameters}
        for name, item in self._given.items():
            if name not in names and name not in ir.runtime_parameters:
                raise UsageError(
                    f"{item.place}: pipeline {ir.name} has no parameter {name!r}",
                    hint=did_you_mean(name, [*names, *ir.runtime_parameters]),
                )
        return Prepared(ir, recordable(values), runtime, run_options)

    def _make(self, given: Mapping[str, Given]) -> tuple[Pipeline, dict[str, Any], RunOptions | None]:
        if self._arguments is None:
            call = self.file.runner_call()
            return call.pipeline, {}, call.run_options
        values = self._arguments.typed({name: given[name] for name in self._arguments.names if name in given})
        return self._arguments.build(values), values, None

    def _placed(self, ir: PipelineIR) -> PipelineIR:
        root = anchored(self._options.pipeline_root, os.getcwd()) or anchored(
            self.settings.pipeline_root, ir.project_root
        )
        store = self.explicit_metadata
        return replace(ir, root=root or ir.root, metadata=store.to_json_dict() if store else ir.metadata)


def _beside_the_output() -> AbstractContextManager[object]:
    """Has what a pipeline file prints go to standard error: standard output may have to be JSON."""
    return redirect_stdout(sys.stderr)


def connection(text: str, folder: str) -> metadata_config.ConnectionConfig:
    """Returns the connection that a path or URL stands for; a relative path starts at ``folder``."""
    config = metadata_config.parse(text)
    if config.kind != "sqlite":
        if config.literal_password is not None:  # an IR holds none, and workers need it too
            os.environ[metadata_config.PASSWORD_VARIABLE] = config.literal_password
        return config
    return replace(config, filename_uri=os.path.normpath(os.path.join(folder, config.filename_uri)))


def anchored(uri: str | None, folder: str) -> str | None:
    """Returns a path or URI; a relative path starts at ``folder``."""
    if not uri or "://" in uri:
        return uri
    return os.path.normpath(os.path.join(folder, uri))


def parsed_params(params: tuple[str, ...]) -> dict[str, Given]:
    """Returns the values of ``--param NAME=VALUE``, still as text.

    Raises:
        UsageError: One has another form, or a name is given twice.
    """
    given: dict[str, Given] = {}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError("--param is not understood", expected="NAME=VALUE", got=repr(text))
        if name in given:
            raise UsageError(f"--param {name} is given twice", got=f"{given[name].value!r} and {value!r}")
        given[name] = Given(value, "--param", is_text=True)
    return given
