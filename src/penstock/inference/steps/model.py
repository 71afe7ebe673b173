# SPDX-License-Identifier: Apache-2.0
"""A model's step: Beam's RunInference around a handler whose elements are flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from apache_beam.ml.inference.base import ModelHandler

from penstock.beam.corrections import let_run_inference_measure
from penstock.inference.flow import Flow, View
from penstock.inference.loaded import Resident, acquire, load_copy
from penstock.inference.steps.calling import ModelCaller
from penstock.inference.steps.calling import ModelWork as ModelWork


@dataclass(frozen=True, slots=True)
class Focused:
    """A flow, and the rows of it that come to the step; as long as these, for RunInference's metrics."""

    flow: Flow
    view: View

    def __len__(self) -> int:
        return self.view.num_rows


class FlowHandler(ModelHandler[Focused, Flow, Resident]):
    """The handler that RunInference drives. One element is one flow; RunInference loads, shares and measures.

    Args:
        work: What is to be done.
    """

    def __init__(self, work: ModelWork) -> None:
        settings = work.settings
        super().__init__(large_model=settings.large_model, model_copies=settings.model_copies)
        self._work = work
        self._callers: dict[int, ModelCaller] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_callers": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Every worker of every runner comes through here before RunInference measures what a model takes.
        let_run_inference_measure()
        self.__dict__.update(state)

    def load_model(self) -> Resident:
        """Returns the model that this process keeps, or loads it."""
        work = self._work
        load = load_copy if (work.settings.model_copies or 1) > 1 else acquire
        return load(work.ref, work.settings, project_root=work.context.project_root)

    def run_inference(
        self,
        batch: Focused,
        model: Resident,
        inference_args: dict[str, Any] | None = None,  # noqa: ARG002  Beam's signature; settings are the model's own
    ) -> Iterable[Flow]:
        """Returns the flow with what the model has made of it."""
        caller = self._callers.get(id(model))
        if caller is None:
            caller = self._callers[id(model)] = ModelCaller(self._work, model)
        return [caller.apply(batch.flow, batch.view)]

    def get_num_bytes(self, batch: Focused) -> int:
        """Returns the bytes of the rows in memory."""
        return int(batch.view.batch.nbytes)

    def get_metrics_namespace(self) -> str:
        """Returns a namespace of the step's own."""
        return f"penstock.inference.{self._work.name}"

    def should_skip_batching(self) -> bool:
        """A flow is a batch already."""
        return True

    def get_preprocess_fns(self) -> Iterable[Callable[[Any], Any]]:
        """Brings the rows of the step's sources together, before the clock of RunInference starts."""
        return [partial(_focus, self._work.sources, self._work.unprefixed)]


def _focus(sources: tuple[str, ...], unprefixed: frozenset[str], flow: Flow) -> Focused:
    return Focused(flow, flow.at(sources, unprefixed))
