# SPDX-License-Identifier: Apache-2.0
"""What can be refused before the model is loaded: what it takes and the examples lack, and names of columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from penstock.components.bulk_inferrer.called import takes_examples
from penstock.components.bulk_inferrer.component import (
    BulkInferrerParameters,
    BulkInferrerPlan,
    CalledSignature,
    FeatureColumn,
)
from penstock.components.bulk_inferrer.graph import carried, graph_of, result_column
from penstock.errors import ParameterError, did_you_mean
from penstock.inference.column_flow import Column, Columns
from penstock.inference.problems import Problem
from penstock.inference.spec import InferenceConfig
from penstock.inference.ways import all_provenance_columns
from penstock.messages.bulk_inferrer import OutputColumnsSpec
from penstock.models.signature import DEFAULT_SIGNATURE, TensorSpec
from penstock.models.tensorflow.graphs import CLASSES, REGRESSION, SCORES

_OUTPUT_KINDS = {
    "classify_output": "classify",
    "regress_output": "regress",
    "predict_output": "predict",
}


def problems(plan: BulkInferrerPlan, parameters: BulkInferrerParameters, features: Columns) -> list[Problem]:
    """Returns all that is wrong; what the features do not tell is left to the first rows."""
    config = parameters.inference_config
    found = [*_of_renames(plan, config)]
    if config.preprocess is None:
        for called in plan.signatures:
            found += _of_inputs(called, plan, config, features)
    found += _of_columns(plan, config, features)
    return [*found, *_of_outputs(plan, config, features)]


# ------------------------------------------------------------------------------------------------------ what it takes


def _of_renames(plan: BulkInferrerPlan, config: InferenceConfig) -> Iterator[Problem]:
    known = [called.signature for called in plan.signatures if called.signature is not None]
    if len(known) < len(plan.signatures):
        return
    inputs = {spec.name for signature in known for spec in signature.inputs}
    outputs = {spec.name for signature in known for spec in signature.outputs}
    for field, given, names in (("inputs", config.inputs, inputs), ("outputs", config.outputs, outputs)):
        for name in given:
            if names and name not in names:
                yield Problem(
                    ("inference_config", field, name),
                    f"the model has no {field[:-1]} {name!r}",
                    hint=did_you_mean(name, sorted(names)),
                )


def _of_inputs(
    called: CalledSignature, plan: BulkInferrerPlan, config: InferenceConfig, features: Columns
) -> Iterator[Problem]:
    if called.signature is None or takes_examples(called, plan.model.flavor, features.known, config.inputs):
        return
    for spec in called.signature.inputs:
        column = config.inputs.get(spec.name, spec.name)
        if features.lacks(column):
            yield Problem(
                ("inference_config", "inputs", spec.name),
                f"the model takes {spec}, and the examples have no feature {column!r}",
                hint=f"{did_you_mean(column, features.known)}, or name the feature in inference_config.inputs",
            )
        elif column in features.known:
            yield from _of_feature(spec, column, features.known[column])


def _of_feature(spec: TensorSpec, name: str, feature: Column) -> Iterator[Problem]:
    at = ("inference_config", "inputs", spec.name)
    if feature.kind is not None and not _fits(feature.kind, spec.dtype):
        yield Problem(
            at,
            f"the model takes {spec}, and feature {name!r} is of another kind",
            got=feature.kind,
            hint="convert it in inference_config.preprocess",
        )
    row = spec.shape[1:] if spec.shape else ()
    values = math.prod(size for size in row if size is not None)
    if values > 1 and feature.is_list is False:
        yield Problem(
            at,
            f"the model takes {spec}, and feature {name!r} has one value a row",
            expected=f"{values} values a row",
        )


def _fits(kind: str, dtype: str) -> bool:
    if dtype == "string":
        return kind == "bytes"
    if dtype.startswith(("float", "bfloat", "complex")):
        return kind in ("float", "int")
    if dtype.startswith(("int", "uint", "bool")):
        return kind == "int"
    return True


# ---------------------------------------------------------------------------------------------- what results consist of


def _of_columns(plan: BulkInferrerPlan, config: InferenceConfig, features: Columns) -> Iterator[Problem]:
    named = [("key", config.key)] if config.key else []
    named += [("carry", column) for column in config.carry or ()]
    for field, column in named:
        if features.lacks(column):
            yield Problem(
                ("inference_config", field),
                f"{field} names {column!r}, which the examples do not have",
                hint=did_you_mean(column, features.known),
            )
    if plan.result != "parquet" and not config.sinks:
        return
    kept = carried(config)
    kept_columns = {*(features.known if kept is None else kept), *([config.key] if config.key else [])}
    for column in sorted(kept_columns & all_provenance_columns(graph_of(plan, config))):
        yield Problem(
            ("inference_config", "carry"),
            f"the examples have a feature {column!r}, and results say with it which model has made them",
            hint="name the columns to keep in inference_config.carry, without this one",
        )


def _of_outputs(plan: BulkInferrerPlan, config: InferenceConfig, features: Columns) -> Iterator[Problem]:
    columns = known_columns(plan, config)
    for column in plan.features:
        if columns is not None and column.column not in columns:
            yield Problem(
                ("output_example_spec",),
                f"output_example_spec names {column.column!r}, which the model does not give",
                hint=did_you_mean(column.column, columns),
            )
        if column.feature in features.known:
            yield Problem(
                ("output_example_spec",),
                f"output_example_spec makes a column {column.feature!r}, which the examples have already",
                hint="give it another name",
            )
    names = [column.feature for column in plan.features]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(("output_example_spec",), f"output_example_spec makes two columns {name!r}")


def result_columns(
    plan: BulkInferrerPlan, config: InferenceConfig, features: Columns
) -> tuple[str, ...] | None:
    """Returns the columns that a sink is given, ``None`` where they are not known beforehand."""
    added, kept = known_columns(plan, config), carried(config)
    if added is None or (kept is None and features.more):
        return None
    source = features.known if kept is None else kept
    key = (config.key,) if config.key else ()
    made = sorted(all_provenance_columns(graph_of(plan, config)))
    return tuple(dict.fromkeys([*key, *source, *added, *made]))


def known_columns(plan: BulkInferrerPlan, config: InferenceConfig) -> tuple[str, ...] | None:
    """Returns the columns that the model adds to the results, ``None`` where only its answers tell."""
    if config.postprocess is not None:
        return None
    found: list[str] = []
    for called in plan.signatures:
        if called.signature is None or not called.signature.outputs:
            return None
        found += [
            result_column(plan, called, name) for name in output_columns(called.signature.outputs, config)
        ]
    return tuple(found)


def output_columns(outputs: Sequence[TensorSpec], config: InferenceConfig) -> tuple[str, ...]:
    """Returns the columns of a signature's outputs; where some are named, the others are left out."""
    if config.outputs:
        return tuple(config.outputs[spec.name] for spec in outputs if spec.name in config.outputs)
    return tuple(spec.name for spec in outputs)


# ------------------------------------------------------------------------------------------------- output_example_spec


def feature_columns(plan: BulkInferrerPlan, parameters: BulkInferrerParameters) -> tuple[FeatureColumn, ...]:
    """Returns which answers become which features.

    Raises:
        ParameterError: The specs do not stand for the signatures that are called, or name no column.
    """
    assert parameters.output_example_spec is not None
    specs = parameters.output_example_spec.output_columns_spec
    called = {signature.name or DEFAULT_SIGNATURE: signature for signature in plan.signatures}
    named = {_signature_of(spec, called): spec for spec in specs}
    if len(named) != len(specs) or set(named) != set(called):
        raise ParameterError(
            "output_example_spec does not fit the signatures that are called",
            input="output_example_spec.output_columns_spec",
            expected=f"one entry for each of {', '.join(called)}",
            got=", ".join(map(str, named)) or "no entry",
            hint="name signatures in model_spec.model_signature_name",
        )
    config = parameters.inference_config
    found = [
        FeatureColumn(
            result_column(plan, called[name], config.outputs.get(output, output)),
            feature,
            *_declared(called[name], output, config),
        )
        for name, spec in named.items()
        for output, feature in _columns_of(spec, called[name])
    ]
    if not found or not all(column.feature for column in found):
        raise ParameterError("output_example_spec names no column", input="output_example_spec")
    return tuple(found)


def _declared(
    called: CalledSignature, output: str, config: InferenceConfig
) -> tuple[bool, Literal["int", "float"] | None]:
    """Returns whether an output has one value a row, and its kind, as far as the model declares either."""
    outputs = called.signature.outputs if called.signature is not None and not config.postprocess else ()
    shapes = {spec.name: (spec.dtype, spec.shape) for spec in outputs}
    dtype, shape = shapes.get(output, ("", None))
    row = shape[1:] if shape else None
    if row is None or None in row:
        return False, None
    single = math.prod(row) == 1  # type: ignore[arg-type]  # the line above has ruled out None
    if dtype.startswith("float"):
        return single, "float"
    return single, "int" if dtype.startswith(("int", "uint", "bool")) else None


def _signature_of(spec: OutputColumnsSpec, called: Collection[str]) -> str:
    if spec.signature_name:
        return spec.signature_name
    return next(iter(called)) if len(called) == 1 else DEFAULT_SIGNATURE


def _columns_of(spec: OutputColumnsSpec, called: CalledSignature) -> list[tuple[str, str]]:
    given = spec.WhichOneof("output_type")
    if given is None or _OUTPUT_KINDS[given] != called.method:
        raise ParameterError(
            f"signature {called.name or DEFAULT_SIGNATURE!r} has another kind of answer than output_example_spec says",
            input="output_example_spec.output_columns_spec",
            expected=f"{called.method}_output",
            got=given or "nothing",
        )
    if given == "regress_output":
        return [(REGRESSION, spec.regress_output.value_column)]
    if given == "predict_output":
        return [(column.output_key, column.output_column) for column in spec.predict_output.output_columns]
    wanted = [(CLASSES, spec.classify_output.label_column), (SCORES, spec.classify_output.score_column)]
    return [(output, column) for output, column in wanted if column]
