# SPDX-License-Identifier: Apache-2.0
"""From batches of examples to what TFMA calls extracts: labels, predictions, weights and slice features.

Candidate and baseline predict the same batch, so the data is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from penstock import models
from penstock.errors import DataError, ExecutionError, ParameterError, PenstockError, did_you_mean
from penstock.evaluation.config import FeatureUse, features_used, uses_model
from penstock.evaluation.report import Role
from penstock.evaluation.request import ModelToScore
from penstock.evaluation.tfma import constants, model_util, util
from penstock.models import Predictor

Extracts = dict[str, Any]
Predict = Callable[[pa.RecordBatch], Mapping[str, npt.NDArray[Any]]]

BATCH_ROWS = 4096
_DEFAULT_TRANSFORM_SIGNATURES = ("transformed_features", "transformed_labels")


class Loader(Protocol):
    """Loads a model behind one of its signatures; ``load_model`` is one."""

    def __call__(self, model: ModelToScore, signature_name: str | None) -> Predictor:
        """Returns the loaded model."""


def load_model(model: ModelToScore, signature_name: str | None) -> Predictor:
    """Loads a model with its flavor's loader.

    Raises:
        PenstockError: It cannot be loaded.
    """
    try:
        # Models of pipelines are made by the user's own code, so that unpickling them runs nothing new.
        trusted = models.LoadOptions(trusted=True)
        return models.load(model.serving_uri, model.flavor, signature_name=signature_name, options=trusted)
    except PenstockError:
        raise
    except Exception as error:
        raise ExecutionError(
            f"the {model.role} model cannot be loaded",
            input=model.serving_uri,
            expected=f"a model of flavor {model.flavor or '(recognised from its files)'}",
            got=f"{type(error).__name__}: {_first_line(error)}",
        ) from error


@dataclass(frozen=True)
class LoadedModel:
    """One model with its functions.

    Attributes:
        spec: TFMA's ``ModelSpec``.
        source: Where it came from.
        predict: Its predictions.
        transforms: Functions that make transformed features and labels out of raw ones.
    """

    spec: Any
    source: ModelToScore
    predict: Predict
    transforms: tuple[Predict, ...] = ()


def load_models(
    specs: Sequence[Any], sources: Sequence[ModelToScore], loader: Loader = load_model
) -> list[LoadedModel]:
    """Loads the models that predictions come from: one for each spec that does not bring its own predictions.

    Raises:
        PenstockError: A model cannot be loaded.
    """
    transforms = transforms_of(specs, sources)
    loaded = []
    for spec, source in _pairs(specs, sources):
        predictor = loader(source, spec.signature_name or None)
        functions = tuple(predictor.with_signature(found.name).predict for found in transforms[source.role])
        loaded.append(LoadedModel(spec, source, predictor.predict, functions))
    return loaded


def _pairs(specs: Sequence[Any], sources: Sequence[ModelToScore]) -> Iterator[tuple[Any, ModelToScore]]:
    by_role = {source.role: source for source in sources}
    for spec in specs:
        source = by_role.get("baseline" if spec.is_baseline else "candidate")
        if source is not None and uses_model(spec):
            yield spec, source


def transforms_of(
    specs: Sequence[Any], sources: Sequence[ModelToScore]
) -> dict[Role, list[models.Signature]]:
    """Returns the signatures that turn raw examples into transformed features and labels, by model.

    These are the ones that ``preprocessing_function_names`` lists; where it is empty, those with TFMA's default names.

    Raises:
        ParameterError: A model lacks one that its spec names.
    """
    return {source.role: _transforms(spec, source) for spec, source in _pairs(specs, sources)}


def _transforms(spec: Any, source: ModelToScore) -> list[models.Signature]:
    info = models.describe(source.serving_uri)
    if not spec.preprocessing_function_names:
        return [found for found in info.signatures if found.name in _DEFAULT_TRANSFORM_SIGNATURES]
    known = [found.name for found in info.signatures]
    for name in spec.preprocessing_function_names:
        if name not in known:
            raise ParameterError(
                f"the {source.role} model has no signature {name!r}",
                input="eval_config.model_specs.preprocessing_function_names",
                expected=f"one of {', '.join(known) or '(none)'}",
                hint=did_you_mean(name, known),
            )
    return [info.named(name) for name in spec.preprocessing_function_names]


def transformed_features(specs: Sequence[Any], sources: Sequence[ModelToScore]) -> set[str]:
    """Returns the names of all features that models' transforms make."""
    found = transforms_of(specs, sources).values()
    return {spec.name for signatures in found for signature in signatures for spec in signature.outputs}


class Scorer:
    """Turns batches into extracts, and counts.

    Args:
        config: TFMA's ``EvalConfig``.
        models: The models that predict; none where predictions are a feature of the examples.
        transformed: Names of the features that models' transforms make.
        extra_features: Features that metrics want beside labels, weights and slices; ``None`` for all.

    Attributes:
        rows: Examples scored so far.
        rows_without_label: Examples left out so far because a label is missing.
    """

    def __init__(
        self,
        config: Any,
        models: Sequence[LoadedModel],
        transformed: Collection[str] = (),
        extra_features: Sequence[str] | None = (),
    ) -> None:
        self._specs = list(config.model_specs)
        self._models = list(models)
        used = features_used(config, has_model=bool(models))
        self._raw_labels = [use.name for use in used if use.use == "label" and use.name not in transformed]
        self._transformed = frozenset(transformed)
        self._wanted = None if extra_features is None else {*(use.name for use in used), *extra_features}
        self.rows = 0
        self.rows_without_label = 0

    @property
    def columns(self) -> list[str] | None:
        """The features that are needed where no model predicts; ``None`` for all."""
        return None if self._wanted is None else sorted(self._wanted - self._transformed)

    def score(self, batch: pa.RecordBatch) -> Extracts | None:
        """Returns the extracts of a batch in the example layout, ``None`` where no row has a label."""
        kept = self._with_label(batch)
        self.rows_without_label += batch.num_rows - kept.num_rows
        self.rows += kept.num_rows
        if not kept.num_rows:
            return None
        extracts: Extracts = {constants.FEATURES_KEY: self._features(kept)}
        transformed = {m.spec.name: self._transform(m, kept) for m in self._models if m.transforms}
        if transformed:
            extracts[constants.TRANSFORMED_FEATURES_KEY] = self._by_model(transformed)
        extracts[constants.LABELS_KEY] = self._field("label_key", "label_keys", extracts)
        extracts[constants.EXAMPLE_WEIGHTS_KEY] = self._field(
            "example_weight_key", "example_weight_keys", extracts
        )
        extracts[constants.PREDICTIONS_KEY] = self._predictions(kept, extracts)
        return extracts

    def _with_label(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        mask = None
        for name in self._raw_labels:
            column = batch.column(batch.schema.get_field_index(name))
            if column.null_count:
                mask = column.is_valid() if mask is None else pc.and_(mask, column.is_valid())
        return batch if mask is None else batch.filter(mask)

    def _features(self, batch: pa.RecordBatch) -> dict[str, Any]:
        names = [
            name
            for name in batch.schema.names
            if self._is_wanted(name)
            and batch.column(batch.schema.get_field_index(name)).null_count < batch.num_rows
        ]
        columns = [batch.column(batch.schema.get_field_index(name)) for name in names]
        if not columns:
            return {}
        values: dict[str, Any] = util.record_batch_to_tensor_values(
            pa.RecordBatch.from_arrays(columns, names)
        )
        return values

    def _transform(self, model: LoadedModel, batch: pa.RecordBatch) -> dict[str, npt.NDArray[Any]]:
        features: dict[str, npt.NDArray[Any]] = {}
        for transform in model.transforms:
            outputs = _call(model, transform, batch)
            features.update({name: values for name, values in outputs.items() if self._is_wanted(name)})
        return features

    def _is_wanted(self, name: str) -> bool:
        return self._wanted is None or name in self._wanted

    def _predictions(self, batch: pa.RecordBatch, extracts: Extracts) -> Any:
        if not self._models:
            return self._field("prediction_key", "prediction_keys", extracts)
        return self._by_model({model.spec.name: _predict(model, batch) for model in self._models})

    def _field(self, one: str, several: str, extracts: Extracts) -> Any:
        return model_util.get_feature_values_for_model_spec_field(self._specs, one, several, extracts, True)

    def _by_model(self, values: dict[str, Any]) -> Any:
        """Keys values by model, which TFMA wants only where there are several."""
        return values if len(self._specs) > 1 else next(iter(values.values()))


def check_known(used: Iterable[FeatureUse], known: Collection[str]) -> None:
    """Refuses a configuration that names a feature which is not there.

    Raises:
        DataError: With the feature, its use and the known features.
    """
    for use in used:
        if use.name not in known:
            article = "an" if use.use == "example weight" else "a"
            raise DataError(
                f"eval_config names {use.name!r} as {article} {use.use}, and the examples have no such feature",
                input="eval_config",
                expected=f"one of {', '.join(sorted(known))}",
                hint=did_you_mean(use.name, known),
            )


def _predict(model: LoadedModel, batch: pa.RecordBatch) -> Any:
    outputs = _call(model, model.predict, batch)
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def _call(model: LoadedModel, function: Predict, batch: pa.RecordBatch) -> Mapping[str, npt.NDArray[Any]]:
    try:
        outputs = function(batch)
    except PenstockError:
        raise
    except Exception as error:
        raise ExecutionError(
            f"the {model.source.role} model cannot predict these examples",
            input=model.source.serving_uri,
            got=f"{type(error).__name__}: {_first_line(error)}",
        ) from error
    for name, values in outputs.items():
        if len(values) != batch.num_rows:
            raise ExecutionError(
                f"output {name!r} of the {model.source.role} model does not have one row per example",
                input=model.source.serving_uri,
                expected=f"{batch.num_rows} rows",
                got=f"{len(values)}",
            )
    return {name: _as_numpy(values) for name, values in outputs.items()}


def _as_numpy(values: Any) -> npt.NDArray[Any]:
    """Returns an output as TFMA takes it; labels of pipelines are Arrow's text."""
    array: npt.NDArray[Any] = (
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values
    )
    return array


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "(no message)")[:500]
