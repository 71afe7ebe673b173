# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dict_to_example``, with which ExampleGens of users make their records."""

from __future__ import annotations

import numpy as np
import pytest

from penstock.components.example_gen.utils import dict_to_example
from penstock.errors import DataError

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]


def test_features_have_the_kind_of_their_values() -> None:
    record = {
        "int": 3,
        "ints": [1, 2],
        "float": 0.5,
        "mixed": [1, 0.5],
        "text": "größer",
        "bytes": b"\xff",
        "array": np.array([1.5, 2.5]),
        "number": np.int64(7),
        "none": None,
        "empty": [],
    }
    features = dict_to_example(record).features.feature
    assert list(features["int"].int64_list.value) == [3]
    assert list(features["ints"].int64_list.value) == [1, 2]
    assert list(features["float"].float_list.value) == [0.5]
    assert list(features["mixed"].float_list.value) == [1.0, 0.5]
    assert list(features["text"].bytes_list.value) == ["größer".encode()]
    assert list(features["bytes"].bytes_list.value) == [b"\xff"]
    assert list(features["array"].float_list.value) == [1.5, 2.5]
    assert list(features["number"].int64_list.value) == [7]
    assert features["none"].WhichOneof("kind") is features["empty"].WhichOneof("kind") is None


def test_another_value_is_refused_with_its_feature() -> None:
    with pytest.raises(DataError, match="feature 'x' cannot be part of a tf.Example"):
        dict_to_example({"x": [1, "a"]})
