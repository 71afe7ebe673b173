# SPDX-License-Identifier: Apache-2.0
"""The executor of an ExampleGen as TFX's users write it: a Beam transform from files to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError
from penstock.messages.example_gen import Input
from penstock.runtime.tfx_style.beam_executor import BaseBeamExecutor

if TYPE_CHECKING:
    import apache_beam as beam


class BaseExampleGenExecutor(BaseBeamExecutor):
    """Base of executors for ``FileBasedExampleGen(custom_executor_spec=ExecutorClassSpec(MyExecutor))``.

    A subclass returns a Beam transform that reads files, or what a query of ``QueryBasedExampleGen`` gives; its records
    are dictionaries of features, tf.Examples (also serialized), record batches or tables of Arrow. They are divided
    into splits and written by what writes the examples of every other ExampleGen, in either format.
    """

    EXECUTOR_ROLE: ClassVar[str | None] = "penstock.components.example_gen.custom:CustomExampleGenExecutor"

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "Do" in vars(cls):  # all of it is the user's then, and so is what is recorded
            cls.EXECUTOR_ROLE = None

    def GetInputSourceToExamplePTransform(self) -> Any:  # noqa: N802  TFX's name
        """Returns what makes the transform of an input split: ``transform(exec_properties, split_pattern)``.

        That is a subclass of ``beam.PTransform``, or a function decorated with ``beam.ptransform_fn``. The pattern is
        relative to ``exec_properties['input_base']``, or a query; span and version are filled in.
        """
        raise NotImplementedError(f"{type(self).__name__}.GetInputSourceToExamplePTransform")

    def GenerateExamplesByBeam(  # noqa: N802  TFX's name
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.pvalue.PCollection]:
        """Returns the records of each split.

        By default these are the input splits; a single one is divided afterwards, as ``output_config`` says. A subclass
        that divides by itself returns the output splits.
        """
        transform = self.GetInputSourceToExamplePTransform()
        splits = Input.from_json(exec_properties["input_config"]).splits
        return {
            split.name: pipeline | f"InputToRecord[{split.name}]" >> transform(exec_properties, split.pattern)
            for split in splits
        }

    def Do(  # noqa: N802  TFX's name
        self,
        input_dict: dict[str, list[Artifact]],  # noqa: ARG002  TFX's signature
        output_dict: dict[str, list[Artifact]],  # noqa: ARG002  TFX's signature
        exec_properties: dict[str, Any],  # noqa: ARG002  TFX's signature
    ) -> None:
        """Is not called: an ExampleGen runs the transform, and writes its records itself."""
        raise PipelineError(
            f"{type(self).__name__} works in an ExampleGen only",
            expected="FileBasedExampleGen(custom_executor_spec=ExecutorClassSpec(…)), or a subclass with EXECUTOR_SPEC",
        )
