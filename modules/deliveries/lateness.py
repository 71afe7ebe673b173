# SPDX-License-Identifier: Apache-2.0
"""Will a delivery be late? Four models of three libraries (Trainer's module, and functions of a graph)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from penstock import models
from penstock.components import FnArgs

FEATURES = ["distance_km", "stops", "hour", "rain", "promised_minutes"]
"""What is known of a delivery when it is ordered."""

FEATURES_OF_THE_DAY = ["drive_minutes", "loading_minutes", "vans", "promised_minutes"]
"""What is known once its drive was estimated and its depot looked up."""

LATE = "late"
TREES = 60


def train_of_the_day(fn_args: FnArgs) -> dict[str, float]:
    """Trains a model that builds on another one's estimate of the drive."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return _train(model, FEATURES_OF_THE_DAY, fn_args)


def train_forest(fn_args: FnArgs) -> dict[str, float]:
    """Trains a forest with scikit-learn."""
    return _train(RandomForestClassifier(40, max_depth=8, random_state=17), FEATURES, fn_args)


def train_boosted(fn_args: FnArgs) -> dict[str, float]:
    """Trains boosted trees with XGBoost."""
    from xgboost import XGBClassifier

    trees = (fn_args.custom_config or {}).get("trees", TREES)
    return _train(XGBClassifier(n_estimators=trees, max_depth=4, random_state=17), FEATURES, fn_args)


def train_portable(fn_args: FnArgs) -> dict[str, float]:
    """Trains a linear model and writes it down as ONNX, which any machine with an ONNX runtime can run."""
    late, features = _history(fn_args.train_files, FEATURES, fn_args)
    model = LogisticRegression(max_iter=1000).fit(features, late)
    models.save(_onnx_of(model), fn_args.serving_model_dir)
    return _metrics(model, FEATURES, fn_args)


def plausible(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Refuses deliveries that cannot be: a model has an answer to everything.

    The batch is tried again in halves until the delivery that is refused is alone, so the others are predicted.
    """
    for name in FEATURES:
        column = batch.column(batch.schema.get_field_index(name))
        if column.null_count:
            raise ValueError(f"{name} is missing")
        if pc.min(column).as_py() < 0:
            raise ValueError(f"{name} is negative")
    return batch


def chance(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Says besides whether the delivery is going to be late by how many percent it is likely to be."""
    probabilities = batch.column(batch.schema.get_field_index("probabilities"))
    of_late = pc.multiply(pc.list_element(probabilities, 1), 100)
    late = batch.column(batch.schema.get_field_index(LATE))
    return pa.RecordBatch.from_arrays([late, pc.round(of_late, ndigits=1)], [LATE, "late_percent"])


def _train(model: Any, features: list[str], fn_args: FnArgs) -> dict[str, float]:
    late, known = _history(fn_args.train_files, features, fn_args)
    model.fit(known, late)
    models.save(model, fn_args.serving_model_dir)
    return _metrics(model, features, fn_args)


def _history(files: list[str], features: list[str], fn_args: FnArgs) -> Any:
    made = fn_args.data_accessor.read_pandas(files, columns=[*features, LATE])
    return made.pop(LATE), made


def _metrics(model: Any, features: list[str], fn_args: FnArgs) -> dict[str, float]:
    late, known = _history(fn_args.eval_files, features, fn_args)
    return {"val_accuracy": float((model.predict(known) == late).mean())}


def _onnx_of(model: LogisticRegression) -> Any:
    """Returns a logistic regression as an ONNX graph: late where the weighted sum of the features is above zero."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(model.coef_.astype(np.float32).T, "weights")
    bias = numpy_helper.from_array(model.intercept_.astype(np.float32), "bias")
    zero = numpy_helper.from_array(np.zeros((), np.float32), "zero")
    one_a_row = numpy_helper.from_array(np.array([-1]), "one_a_row")
    nodes = [
        helper.make_node("Concat", FEATURES, ["features"], axis=1),
        helper.make_node("Gemm", ["features", "weights", "bias"], ["score"]),
        helper.make_node("Greater", ["score", "zero"], ["is_late"]),
        helper.make_node("Cast", ["is_late"], ["number"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["number", "one_a_row"], ["label"]),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 1]) for name in FEATURES]
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"])]
    graph = helper.make_graph(nodes, "late", inputs, outputs, [weights, bias, zero, one_a_row])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made
