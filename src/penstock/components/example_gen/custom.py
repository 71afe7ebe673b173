# SPDX-License-Identifier: Apache-2.0
"""Executor of ExampleGens with a custom executor: it runs the user's Beam transform and writes its records as examples.

The records of each split go into Arrow files in a folder for temporary files first, since their features are known only
when all have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.beam.pipeline import open_pipeline
from penstock.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from penstock.components.example_gen.component import ExampleGenResult
from penstock.components.example_gen.executor import ExampleGenWork, result_of
from penstock.components.example_gen.records import RecordFiles, read_rows, widened_kinds
from penstock.errors import UserCodeError
from penstock.examples.ingest import SourceRows, ingest
from penstock.examples.splits import SplitRule
from penstock.graph.component import BaseComponent
from penstock.messages.example_gen import Input, Output, PayloadFormat
from penstock.runtime.roles import Executor
from penstock.runtime.user_code import user_code


class CustomExampleGenExecutor(Executor[Any, Any, Any, Any, ExampleGenResult]):
    """Runs the transform of a :class:`BaseExampleGenExecutor` and writes what it gives.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseComponent]) -> None:
        self._spec = component.EXECUTOR_SPEC

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> CustomExampleGenExecutor:
        """Returns the executor of a component."""
        return cls(component)

    def execute(self, work: ExampleGenWork) -> ExampleGenResult:
        plan = work.plan
        plan.check_inputs()
        folder = _folder(work)
        try:
            made = self._records(work, folder)
            rule = _rule(work, self._name, made)
            kinds = widened_kinds([uri for group in made.values() for uri in group])

            def read() -> Iterator[SourceRows]:
                for split, uris in made.items():
                    for uri in uris:
                        for batch in read_rows(uri, kinds):
                            yield SourceRows(split, batch, f"what {self._name} made of split {split!r}")

            written = ingest(
                read,
                work.outputs.examples.uri,
                plan.examples_format,
                plan.splits,
                rule,
                report=lambda rows: work.context.report(rows=rows),
            )
        finally:
            files.remove_tree(folder)
        return result_of(written)

    @property
    def _name(self) -> str:
        return str(self._spec.executor_class.__name__)

    def _records(self, work: ExampleGenWork, folder: str) -> dict[str, list[str]]:
        """Runs the transform and returns the files with its records, by split."""
        executor_class, arguments = self._spec.executor_class, work.context.beam_pipeline_args
        context = executor_class.Context(
            beam_pipeline_args=list(arguments),
            extra_flags=list(self._spec.extra_flags),
            tmp_dir=work.context.temp_dir,
            unique_id=str(work.context.execution_id),
            pipeline_run_id=work.context.run_id,
        )
        with user_code(work.context.node_id, what=f"{self._name}()"):
            executor: BaseExampleGenExecutor = executor_class(context)
        with open_pipeline(
            arguments, component=work.context.node_id, what=f"the pipeline of {self._name}"
        ) as pipeline:
            with user_code(work.context.node_id, what=f"{self._name}.GenerateExamplesByBeam"):
                splits = executor.GenerateExamplesByBeam(pipeline, exec_properties(work))
            _check_splits(self._name, splits)
            for index, (split, records) in enumerate(splits.items()):
                _ = records | f"Keep[{split}]" >> RecordFiles(files.join(folder, str(index)))
        return {split: RecordFiles.written(files.join(folder, str(i))) for i, split in enumerate(splits)}


def _folder(work: ExampleGenWork) -> str:
    """Returns a folder that the workers of the runner see too."""
    in_process = is_in_process(work.context.beam_pipeline_args)
    return (
        files.join(work.context.temp_dir, "records")
        if in_process
        else files.join(work.outputs.examples.uri, ".temp")
    )


def exec_properties(work: ExampleGenWork) -> dict[str, Any]:
    """Returns the parameters of an ExampleGen as a transform gets them: configurations as JSON text."""
    plan, parameters = work.plan, work.parameters
    patterns = [Input.Split(name=name, pattern=pattern) for name, pattern in plan.inputs.items()]
    properties: dict[str, Any] = {
        "input_base": plan.base,
        "input_config": Input(splits=patterns).to_json(),
        "output_config": (parameters.output_config or Output()).to_json(),
        "output_data_format": int(PayloadFormat.FORMAT_TF_EXAMPLE),
        "_beam_pipeline_args": list(work.context.beam_pipeline_args),
    }
    if parameters.custom_config is not None:
        properties["custom_config"] = parameters.custom_config.to_json()
    return properties


def _check_splits(name: str, splits: object) -> None:
    if not isinstance(splits, dict) or not splits:
        raise UserCodeError(
            f"{name}.GenerateExamplesByBeam returned no splits",
            expected="a dictionary with a PCollection for each split",
            got=f"{splits!r:.80}",
        )


def _rule(work: ExampleGenWork, name: str, made: Mapping[str, object]) -> SplitRule | None:
    """Returns how rows are still to be shared out: not at all where the executor has made the splits itself."""
    plan = work.plan
    wanted = list(plan.inputs)
    if set(made) == set(wanted):
        return plan.rule
    if set(made) == set(plan.splits):
        return None
    raise UserCodeError(
        f"{name}.GenerateExamplesByBeam returned other splits than there are to be",
        expected=f"{', '.join(plan.splits)}, or the input's: {', '.join(wanted)}",
        got=", ".join(map(str, made)),
    )
