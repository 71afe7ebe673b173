# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.errors import DataError
from penstock.examples.kinds import FeatureSet, FeatureSpec

FEATURES = FeatureSet(
    (
        FeatureSpec("é", "bytes", is_text=True),
        FeatureSpec("n", "int"),
        FeatureSpec("l", "float", is_list=True),
    )
)


def test_json_round_trip() -> None:
    assert FeatureSet.from_json(FEATURES.to_json()) == FEATURES
    assert FeatureSet.from_json(FEATURES.to_json().encode()) == FEATURES


def test_select_orders_and_names_what_is_unknown() -> None:
    assert FEATURES.select(["l", "é"]).names == ("l", "é")
    with pytest.raises(DataError, match=r"no feature 'nn'.*did you mean 'n'"):
        FEATURES.select(["nn"])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1, "features": [{"name": "x"}]}'])
def test_what_is_not_a_description_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        FeatureSet.from_json(text)


@pytest.mark.parametrize(
    "text", ['{"version": 2, "features": []}', FEATURES.to_json().replace('"int"', '"complex"')]
)
def test_a_later_version_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="of another version"):
        FeatureSet.from_json(text)
