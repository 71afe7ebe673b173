# SPDX-License-Identifier: Apache-2.0
"""What follows the analysis: transformed examples, and statistics before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.components.transform.application import TransformFunction
from penstock.components.transform.beam_materialize import transform_on_beam
from penstock.components.transform.component import TransformedSplit, TransformWork
from penstock.components.transform.features import GraphInputs
from penstock.components.transform.materialize import Target, transform_here
from penstock.components.transform.measurement import Measurement, Streams, measurement, write_measurements
from penstock.components.transform.places import Places
from penstock.components.transform.sources import Source
from penstock.components.transform.user_functions import load_stats_options_updater
from penstock.examples.payload import ExamplesFormat

FILE_PREFIX = "transformed_examples"


@dataclass(frozen=True)
class Outcome:
    """What was made.

    Attributes:
        features: Number of transformed features.
        splits: Rows of each transformed split; empty where neither examples nor statistics were wanted.
        examples_format: Format of the transformed examples; ``None`` where they are not kept.
        anomalies: Number of anomalies after the transformation.
    """

    features: int
    splits: tuple[TransformedSplit, ...]
    examples_format: ExamplesFormat | None
    anomalies: int


@dataclass(frozen=True)
class Transformation:
    """One execution after its analysis.

    Attributes:
        work: The execution.
        inputs: The schema's features.
        sources: What to read.
        places: Where TFT wrote the transformation.
        function: The transformation.
    """

    work: TransformWork
    inputs: GraphInputs
    sources: Sequence[Source]
    places: Places
    function: TransformFunction

    def run(self, asset_map: Mapping[str, str]) -> Outcome:
        """Transforms the examples and writes what the outputs ask for.

        Args:
            asset_map: File name by vocabulary.
        """
        measured = self._measurement(asset_map)
        streams = measured.streams() if measured is not None and self._in_process else Streams()
        target = self._target(keep_for_statistics=measured is not None and streams.after is None)
        splits = self._transform(target, streams) if measured is not None or target.uris else ()
        anomalies = 0 if measured is None else self._measure(measured, streams, target)
        kept = target.format if self.work.outputs.transformed_examples is not None else None
        return Outcome(len(self.function.schema.feature), splits, kept, anomalies)

    @property
    def _in_process(self) -> bool:
        return is_in_process(self.work.context.beam_pipeline_args)

    def _measurement(self, asset_map: Mapping[str, str]) -> Measurement | None:
        if self.work.outputs.pre_transform_stats is None:
            return None
        return measurement(
            self.inputs.schema,
            self.function.schema,
            self.places.graph.folder,
            asset_map,
            load_stats_options_updater(self.work.parameters, self.work.context),
            temp_dir=self.places.temp,
            beam_pipeline_args=self.work.context.beam_pipeline_args,
        )

    def _target(self, *, keep_for_statistics: bool) -> Target:
        """Returns where transformed rows go: also for a while, where Beam is to compute their statistics."""
        outputs, positions = self.work.outputs, range(len(self.work.inputs.examples))
        uris: dict[int, str] = {}
        if outputs.transformed_examples is not None:
            uris = {position: outputs.transformed_examples[position].uri for position in positions}
        elif keep_for_statistics:
            uris = {position: files.join(self.places.temp, "rows", str(position)) for position in positions}
        format_ = self.work.parameters.examples_format or self.work.context.examples_format
        return Target(uris, format_, FILE_PREFIX)

    def _transform(self, target: Target, streams: Streams) -> tuple[TransformedSplit, ...]:
        context = self.work.context
        if self._in_process:
            return transform_here(
                self.sources,
                self.inputs.layout,
                self.function,
                target,
                streams,
                lambda rows: context.report(rows=rows),
            )
        return transform_on_beam(
            self.sources,
            self.inputs,
            self.places.graph.folder,
            target,
            temp_dir=files.join(self.places.temp, "transform"),
            beam_pipeline_args=context.beam_pipeline_args,
            component=context.node_id,
        )

    def _measure(self, measured: Measurement, streams: Streams, target: Target) -> int:
        before, after = streams.before, streams.after
        folders = [
            files.join(target.uris[source.artifact], f"Split-{source.split}")
            for source in self.sources
            if source.transformed and target.uris
        ]
        return write_measurements(
            self.work.outputs,
            self.inputs.schema,
            before.finish() if before else measured.before_from(self.sources, self.inputs),
            self.function.schema,
            after.finish() if after else measured.after_from(folders),
        )


def transformation(
    work: TransformWork, inputs: GraphInputs, sources: Sequence[Source], places: Places
) -> Transformation:
    """Loads the transformation that the analysis wrote."""
    function = TransformFunction(places.graph.folder, inputs.adapter_config)
    return Transformation(work, inputs, sources, places, function)
