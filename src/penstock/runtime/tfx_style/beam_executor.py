# SPDX-License-Identifier: Apache-2.0
"""The executor as TFX writes it that works in a Beam pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.runtime.tfx_style.executor import BaseExecutor, ExecutorContext

if TYPE_CHECKING:
    import apache_beam as beam


class BeamExecutorContext(ExecutorContext):
    """Where an executor stands that works in a Beam pipeline.

    Args:
        beam_pipeline_args: Beam arguments of the pipeline and the node.
        make_beam_pipeline_fn: Makes the Beam pipeline instead of the arguments.
        named: As for ``BaseExecutor.Context``.
    """

    def __init__(
        self,
        beam_pipeline_args: Sequence[str] | None = None,
        make_beam_pipeline_fn: Callable[[], beam.Pipeline] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.beam_pipeline_args = list(beam_pipeline_args or ())
        self.make_beam_pipeline_fn = make_beam_pipeline_fn


class BaseBeamExecutor(BaseExecutor):
    """Base of executors in TFX's way that work in a Beam pipeline, which ``_make_beam_pipeline`` makes.

    Args:
        context: Where it stands; a test may leave it out.
    """

    REQUIRES: ClassVar[tuple[str, ...]] = ("apache_beam",)
    Context: ClassVar[type[ExecutorContext]] = BeamExecutorContext

    def __init__(self, context: ExecutorContext | None = None) -> None:
        super().__init__(context)
        self._beam_pipeline_args: list[str] = list(getattr(context, "beam_pipeline_args", ()))
        self._make_beam_pipeline_fn = getattr(context, "make_beam_pipeline_fn", None)

    def _make_beam_pipeline(self) -> beam.Pipeline:
        """Returns a Beam pipeline on the runner that the arguments name; in this process where they name none."""
        if self._make_beam_pipeline_fn is not None:
            return self._make_beam_pipeline_fn()
        from penstock.beam.pipeline import make_pipeline

        return make_pipeline(self._beam_pipeline_args)
