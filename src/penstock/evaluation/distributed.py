# SPDX-License-Identifier: Apache-2.0
"""Evaluates on Beam with TFMA's own pipeline: on other runners, for what only it can do, and with the user's hooks.

Elements at the start are names of files, and the files are read inside: data in the graph would be pickled. Models are
loaded once per worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics, MetricsFilter

from penstock.beam.pipeline import open_pipeline
from penstock.errors import UserCodeError
from penstock.evaluation.config import PreparedConfig, batch_rows
from penstock.evaluation.direct import Computations
from penstock.evaluation.request import EvaluationRequest, ModelToScore
from penstock.evaluation.scoring import BATCH_ROWS, Extracts, Scorer, load_models, transformed_features
from penstock.evaluation.tfma import (
    config_pb2,
    model_eval_lib,
    slice_key_extractor,
    sql_slice_key_extractor,
    types,
    unbatch_extractor,
)
from penstock.examples.layout import encode_examples
from penstock.examples.reader import ExamplesReader
from penstock.runtime.user_code import user_code

RAW_COLUMN = "__raw_record__"
"""Column of serialized tf.Examples that TFMA's extractors take for a model's input (``tfma.ARROW_INPUT_COLUMN``)."""

_COUNTERS = "penstock.evaluation"


class ScoreShards(beam.DoFn):
    """Reads files of examples and yields extracts with predictions.

    Args:
        config: TFMA's ``EvalConfig``, serialized.
        models: The models that predict.
        columns: Features to read; ``None`` for all.
        extra_features: See ``Scorer``.
    """

    def __init__(
        self, config: bytes, models: Sequence[ModelToScore], extra_features: Sequence[str] | None
    ) -> None:
        self._config = config
        self._models = tuple(models)
        self._extra = extra_features
        self._scorer: Scorer | None = None
        self._batch_rows = BATCH_ROWS
        self._rows = Metrics.counter(_COUNTERS, "rows")
        self._without_label = Metrics.counter(_COUNTERS, "rows_without_label")

    def setup(self) -> None:
        """Loads the models."""
        config = config_pb2.EvalConfig.FromString(self._config)
        specs = list(config.model_specs)
        loaded = load_models(specs, self._models)
        self._scorer = Scorer(config, loaded, transformed_features(specs, self._models), self._extra)
        self._batch_rows = batch_rows(config, BATCH_ROWS)

    def process(self, shard: str) -> Iterator[Extracts]:
        """Yields the extracts of one file's batches."""
        scorer = self._scorer
        if scorer is None:
            raise RuntimeError("a DoFn is set up before it processes")
        columns = None if self._models else scorer.columns
        for batch in ExamplesReader([shard], columns=columns).batches(self._batch_rows, layout="examples"):
            before, before_without = scorer.rows, scorer.rows_without_label
            extracts = scorer.score(batch)
            self._rows.inc(scorer.rows - before)
            self._without_label.inc(scorer.rows_without_label - before_without)
            if extracts is not None:
                yield extracts


def run(request: EvaluationRequest, prepared: PreparedConfig, shards: Sequence[str]) -> tuple[int, int]:
    """Evaluates with TFMA's pipeline on predictions of the flavors' loaders.

    Returns:
        The examples that counted and those that were left out because their label is missing.
    """
    config = prepared.proto
    wanted = Computations.of(config, request.schema).features_wanted()
    if any(spec.slice_keys_sql for spec in config.slicing_specs):
        wanted = None
    models = _told_models(request, prepared)
    extractors = [
        unbatch_extractor.UnbatchExtractor(),
        slice_key_extractor.SliceKeyExtractor(eval_config=config),
    ]
    if wanted is None and any(spec.slice_keys_sql for spec in config.slicing_specs):
        extractors.insert(0, sql_slice_key_extractor.SqlSliceKeyExtractor(config))
    with open_pipeline(
        request.beam_pipeline_args, component=request.component, what="evaluating"
    ) as pipeline:
        evaluation = (
            pipeline
            | "Shards" >> beam.Create(list(shards))
            | "Spread" >> beam.Reshuffle()
            | "Score" >> beam.ParDo(ScoreShards(config.SerializeToString(), request.models, wanted))
            | "Evaluate"
            >> model_eval_lib.ExtractAndEvaluate(
                extractors=extractors,
                evaluators=model_eval_lib.default_evaluators(
                    eval_shared_model=models, eval_config=config, schema=request.schema
                ),
            )
        )
        _ = evaluation | "Write" >> model_eval_lib.WriteResults(writers=_writers(request, config, models))
    return _counted(pipeline.result)


def _told_models(request: EvaluationRequest, prepared: PreparedConfig) -> list[Any] | None:
    """Returns what TFMA has to know of the models: names and roles. They have predicted already."""
    if len(prepared.specs) < 2:
        return [_told(prepared.specs[0], request.candidate)] if request.candidate else None
    return [
        _told(spec, request.baseline if spec.is_baseline else request.candidate) for spec in prepared.specs
    ]


def _told(spec: Any, source: ModelToScore | None) -> Any:
    return types.EvalSharedModel(
        model_name=spec.name,
        model_path=source.serving_uri if source else "",
        model_type="penstock",
        include_default_metrics=False,
        is_baseline=spec.is_baseline,
        rubber_stamp=not spec.is_baseline,
    )


def _writers(request: EvaluationRequest, config: Any, models: list[Any] | None) -> list[Any]:
    # All outputs are written, because the report is made of them; disabled ones are removed afterwards.
    complete = config_pb2.EvalConfig()
    complete.CopyFrom(config)
    complete.options.ClearField("disabled_outputs")
    writers: list[Any] = model_eval_lib.default_writers(
        output_path=request.output_uri, eval_shared_model=models, eval_config=complete
    )
    return writers


def _counted(result: Any) -> tuple[int, int]:
    found = {"rows": 0, "rows_without_label": 0}
    for counter in result.metrics().query(MetricsFilter().with_namespace(_COUNTERS))["counters"]:
        found[counter.key.metric.name] = counter.result
    return found["rows"], found["rows_without_label"]


class ReadRaw(beam.DoFn):
    """Reads files of examples as TFX hands them to TFMA: features, and the serialized tf.Example beside them."""

    def __init__(self) -> None:
        self._rows = Metrics.counter(_COUNTERS, "rows")

    def process(self, shard: str) -> Iterator[pa.RecordBatch]:
        """Yields the batches of one file."""
        for batch in ExamplesReader([shard]).batches(BATCH_ROWS, layout="examples"):
            self._rows.inc(batch.num_rows)
            yield with_raw_records(batch)


def with_raw_records(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Adds the column of serialized tf.Examples to a batch in the example layout."""
    raw = pa.array([[record] for record in encode_examples(batch)], pa.large_list(pa.large_binary()))
    return pa.RecordBatch.from_arrays([*batch.columns, raw], [*batch.schema.names, RAW_COLUMN])


def run_with_hooks(
    request: EvaluationRequest, prepared: PreparedConfig, shards: Sequence[str]
) -> tuple[int, int]:
    """Evaluates with TFMA's pipeline and the user's hooks, as TFX does.

    Returns:
        The number of examples, and 0: what is left out is up to the extractors.
    """
    config = prepared.proto
    adapter = _adapter_config(request.schema, shards)
    make_model: Callable[..., Any] = (
        request.custom_eval_shared_model or model_eval_lib.default_eval_shared_model
    )
    with user_code(request.component, what="custom_eval_shared_model"):
        models = [
            make_model(
                eval_saved_model_path=source.serving_uri,
                model_name=spec.name,
                eval_config=config,
                rubber_stamp=not spec.is_baseline,
            )
            for spec, source in _sources(request, prepared)
        ]
    extractors = None
    if request.custom_extractors is not None:
        with user_code(request.component, what="custom_extractors"):
            extractors = request.custom_extractors(
                eval_shared_model=models or None, eval_config=config, tensor_adapter_config=adapter
            )
        if not isinstance(extractors, list) or not extractors:
            raise UserCodeError(
                "custom_extractors returned no extractors",
                component=request.component,
                expected="a list of tfma.extractors.Extractor",
                got=type(extractors).__name__,
            )
    with open_pipeline(
        request.beam_pipeline_args, component=request.component, what="evaluating"
    ) as pipeline:
        _ = (
            pipeline
            | "Shards" >> beam.Create(list(shards))
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(ReadRaw())
            | "Evaluate"
            >> model_eval_lib.ExtractEvaluateAndWriteResults(
                eval_config=config,
                eval_shared_model=models or None,
                extractors=extractors,
                writers=_writers(request, config, models or None),
                tensor_adapter_config=adapter,
                schema=request.schema,
            )
        )
    return _counted(pipeline.result)


def _sources(request: EvaluationRequest, prepared: PreparedConfig) -> Iterator[tuple[Any, ModelToScore]]:
    for spec in prepared.specs:
        source = request.baseline if spec.is_baseline else request.candidate
        if source is not None:
            yield spec, source


def _adapter_config(schema: Any, shards: Sequence[str]) -> Any:
    """Returns how features become tensors, which only a schema says; ``None`` without one."""
    if schema is None:
        return None
    from tfx_bsl.tfxio import tensor_adapter, tensor_representation_util

    first = next(ExamplesReader([shards[0]]).batches(1, layout="examples"))
    representations = tensor_representation_util.InferTensorRepresentationsFromSchema(schema)
    known = {name: value for name, value in representations.items() if name in first.schema.names}
    return tensor_adapter.TensorAdapterConfig(
        arrow_schema=with_raw_records(first).schema, tensor_representations=known
    )
