# SPDX-License-Identifier: Apache-2.0
"""The interactive context: TFX's, for notebooks and for plain Python."""

from __future__ import annotations

import logging
import os
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from penstock import files
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import ExamplesFormat
from penstock.metadata.config import ConnectionConfig, sqlite_metadata_connection_config
from penstock.notebook import ipython
from penstock.notebook.export import export_notebook
from penstock.notebook.result import ExecutionResult
from penstock.notebook.run import NotebookRun, Options, Settings
from penstock.notebook.showing import show

_LOG = logging.getLogger("penstock")
_DEFAULT_NAME = "interactive"
_METADATA_FILE = "metadata.sqlite"


class InteractiveContext:
    """Runs the components of a pipeline one at a time, as the cells of a notebook are run.

    Each goes through the compiler and the launcher that every runner uses, in a process of its own, with cache,
    lineage and logs. A context of the same name and place goes on with what an earlier kernel has made.

    Args:
        pipeline_name: Name of the pipeline in the metadata store; ``interactive`` where it is not given.
        pipeline_root: Root URI of the artifacts; a new temporary folder where it is not given.
        metadata_connection_config: Metadata store; the file ``metadata.sqlite`` in the root where it is not given, or
            the project's where the root is remote.
        beam_pipeline_args: Beam arguments of all components.
        project_root: Folder of the project, to which paths are relative, and whose modules components can import; the
            working directory where it is not given.
        examples_format: ``"parquet"`` or ``"tfrecord"``.
        in_process: Whether components run in this process, where a debugger can follow them.
    """

    def __init__(
        self,
        pipeline_name: str | None = None,
        pipeline_root: str | None = None,
        metadata_connection_config: ConnectionConfig | None = None,
        beam_pipeline_args: Sequence[str] | None = None,
        *,
        project_root: str | None = None,
        examples_format: ExamplesFormat = "parquet",
        in_process: bool = False,
    ) -> None:
        self.pipeline_name = pipeline_name or _DEFAULT_NAME
        self.is_temporary = not pipeline_root
        self.pipeline_root = _absolute(pipeline_root) if pipeline_root else self._temporary_root()
        if metadata_connection_config is None and files.is_local(self.pipeline_root):
            metadata_connection_config = sqlite_metadata_connection_config(
                os.path.join(files.local_path(self.pipeline_root), _METADATA_FILE)
            )
        self.metadata_connection_config = metadata_connection_config
        self.beam_pipeline_args = list(beam_pipeline_args or ())
        self._run = NotebookRun(
            Settings(
                pipeline=self.pipeline_name,
                root=self.pipeline_root,
                metadata=metadata_connection_config,
                project_root=os.path.abspath(project_root or os.getcwd()),
                examples_format=examples_format,
                in_process=in_process,
            )
        )
        weakref.finalize(self, self._run.workers.close)
        ipython.register()

    def _temporary_root(self) -> str:
        root = tempfile.mkdtemp(prefix=f"penstock-{self.pipeline_name}-")
        _LOG.warning(
            "InteractiveContext: no pipeline_root is given; artifacts and metadata go into the temporary folder %s",
            root,
        )
        return root

    def run(
        self,
        component: BaseNode,
        enable_cache: bool = True,
        beam_pipeline_args: Sequence[str] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
    ) -> ExecutionResult:
        """Runs one component, a Resolver or an Importer.

        What it takes from others is what these have made when they were last run. Afterwards
        ``component.outputs['…'].get()`` gives its artifacts.

        Args:
            component: The component.
            enable_cache: Whether an earlier result may answer.
            beam_pipeline_args: Beam arguments in place of the context's.
            parameters: Values of runtime parameters by name. One that was given stays until another is.

        Raises:
            PipelineError: A component that it takes something from has not been run, or not as it is defined now.
            ParameterError: A runtime parameter is unknown, missing or of the wrong type.
            ComponentFailedError: It failed.
            CancelledError: It was interrupted.
        """
        args = self.beam_pipeline_args if beam_pipeline_args is None else beam_pipeline_args
        return self._run.launch(component, Options(enable_cache, tuple(args), dict(parameters or {})))

    def show(self, item: object) -> None:
        """Shows what a channel, an artifact, a component or a result holds, each artifact as a page of its own.

        Statistics, schemas, anomalies, evaluations, predictions, examples and models have pages made for them; any
        other type shows its properties and files. Outside of IPython the artifacts are told as text.
        """
        show(self._run, item)

    def export_to_pipeline(
        self, notebook_filepath: str, export_filepath: str, runner_type: str = "local"
    ) -> None:
        """Writes a notebook's code as a pipeline file, which ``penstock run`` and Python both run.

        Args:
            notebook_filepath: The notebook, saved.
            export_filepath: The pipeline file to write.
            runner_type: ``local`` or ``beam``.

        Raises:
            UsageError: The runner is unknown, there is no such notebook, or a component has no variable of its own.
        """
        export_notebook(self, notebook_filepath, export_filepath, runner_type)

    def components(self) -> list[BaseNode]:
        """Returns the components that have been run in this context, in the order of their first run."""
        return self._run.components()

    def close(self) -> None:
        """Ends the processes that wait for the next component; it can be run nevertheless, and starts new ones."""
        self._run.workers.close()

    def __repr__(self) -> str:
        return f"InteractiveContext({self.pipeline_name!r}, {self.pipeline_root!r})"


def _absolute(root: str) -> str:
    return root if "://" in root else os.path.abspath(root)
