# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from penstock.artifacts.standard import Examples
from penstock.errors import ParameterError
from penstock.statistics.splits import check_splits, known_splits, newest_span, selected_splits, split_folders


def examples(uri: str, *splits: str, span: int = 0) -> Examples:
    return Examples(uri, properties={"split_names": json.dumps(list(splits)), "span": span})


def test_splits_of_several_artifacts_keep_their_order() -> None:
    assert known_splits([examples("a", "train", "eval"), examples("b", "test", "train")]) == (
        "train",
        "eval",
        "test",
    )


def test_excluded_splits_are_left_out() -> None:
    assert selected_splits([examples("a", "train", "eval", "test")], ["eval"]) == ("train", "test")


def test_an_unknown_excluded_split_names_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"exclude_splits names a split 'evla'.*train, eval.*'eval'"):
        selected_splits([examples("a", "train", "eval")], ["evla"])


def test_excluding_everything_is_refused() -> None:
    with pytest.raises(ParameterError, match="no split is left to work on"):
        selected_splits([examples("a", "train")], ["train"])


def test_the_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="splits_config.analyze names a split 'x'"):
        check_splits("splits_config.analyze", ["x"], ["train"])


def test_folders_come_from_those_artifacts_that_have_the_split() -> None:
    artifacts = [examples("a", "train"), examples("b", "eval"), examples("c", "train", "eval")]
    assert split_folders(artifacts, "train") == ("a/Split-train", "c/Split-train")


def test_the_span_is_taken_from_either_property() -> None:
    custom = Examples("a", custom_properties={"span": 7})
    assert newest_span([custom, examples("b", span=3)]) == 7
    assert newest_span([]) == 0
