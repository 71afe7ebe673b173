# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.errors import DataError, ParameterError
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.models import ModelInfo, Signature, TensorSpec
from penstock.models.check import check_features

FEATURES = FeatureSet(
    (
        FeatureSpec("miles", "float"),
        FeatureSpec("seconds", "int"),
        FeatureSpec("company", "bytes", is_text=True),
        FeatureSpec("pixels", "float", is_list=True),
    )
)


def signature(*inputs: tuple[str, str], name: str = "serving_default") -> Signature:
    return Signature(name, tuple(TensorSpec(column, dtype, (None,)) for column, dtype in inputs))


@pytest.mark.parametrize(
    "model",
    [
        ModelInfo("sklearn", (signature(("miles", "float64"), ("seconds", "float32")),)),
        ModelInfo("onnx", (signature(("seconds", "int64"), ("company", "string")),)),
        ModelInfo("onnx", (signature(("seconds", "bool")), signature(("x", "string"), name="other"))),
        ModelInfo("tensorflow", (signature(("examples", "string")),)),
        ModelInfo("sklearn"),
        ModelInfo("pytorch", (Signature(),)),
        signature(("pixels", "float16")),
    ],
)
def test_what_fits_passes(model: ModelInfo | Signature) -> None:
    check_features(model, FEATURES)


def test_columns_may_have_other_names_than_inputs() -> None:
    model = ModelInfo("onnx", (signature(("x", "float32")),))
    check_features(model, FEATURES, renamed={"x": "miles"})
    with pytest.raises(DataError, match=r"no feature 'mils'.*did you mean 'miles'"):
        check_features(model, FEATURES, renamed={"x": "mils"})
    with pytest.raises(DataError, match=r"no input 'y'.*expected: some of x"):
        check_features(model, FEATURES, renamed={"y": "miles"})


@pytest.mark.parametrize(
    ("inputs", "match"),
    [
        ((("mile", "float32"),), r"takes mile: float32\[\?\].*no feature 'mile'.*did you mean 'miles'"),
        ((("a", "float32"), ("miles", "float32"), ("b", "int64")), r"no feature 'a' \(also missing: b\)"),
        ((("miles", "int64"),), "of another type.*expected: .*kind int; got: kind float"),
        ((("company", "float32"),), "of another type.*kind float or int; got: kind bytes"),
        ((("seconds", "string"),), "of another type.*kind bytes; got: kind int"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_loads(
    inputs: tuple[tuple[str, str], ...], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        check_features(ModelInfo("sklearn", (signature(*inputs),)), FEATURES)


def test_only_tensorflow_takes_whole_examples() -> None:
    with pytest.raises(DataError, match="no feature 'examples'"):
        check_features(ModelInfo("onnx", (signature(("examples", "string")),)), FEATURES)


def test_another_signature_is_checked_by_its_name() -> None:
    model = ModelInfo(
        "tensorflow", (signature(("miles", "float32"), name="a"), signature(("gone", "float32"), name="b"))
    )
    check_features(model, FEATURES, signature_name="a")
    with pytest.raises(DataError, match="no feature 'gone'"):
        check_features(model, FEATURES, signature_name="b")
    with pytest.raises(ParameterError, match="no signature 'c'"):
        check_features(model, FEATURES, signature_name="c")


def test_checking_and_describing_load_nothing_heavy() -> None:
    code = (
        "import sys, penstock.models, penstock.models.check, penstock.models.xgboost.description,"
        " penstock.models.onnx.description;"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'sklearn', 'xgboost', 'onnxruntime', 'onnx', 'torch', 'tensorflow'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
