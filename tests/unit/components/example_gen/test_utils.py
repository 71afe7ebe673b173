# SPDX-License-Identifier: Apache-2.0
"""What TFX's ``example_gen.utils`` offers to ExampleGens of users; ``dict_to_example`` is tested with TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.components.example_gen import component, utils
from penstock.components.query_based_example_gen.component import QueryBasedExampleGen
from penstock.errors import ParameterError
from penstock.proto import Input, Output, SplitConfig

TWO = Input(splits=[Input.Split(name="a", pattern="a/*"), Input.Split(name="b", pattern="b/*")])
ONE = utils.make_default_input_config()


def test_spans_are_days() -> None:
    assert utils.date_to_span_number(1970, 1, 2) == 1
    assert utils.span_number_to_date(utils.date_to_span_number(2024, 2, 29)) == (2024, 2, 29)


def test_defaults_are_one_input_split_and_two_to_one() -> None:
    assert ONE.splits[0].pattern == "*"
    made = utils.make_default_output_config(ONE).split_config.splits
    assert [(split.name, split.hash_buckets) for split in made] == [("train", 2), ("eval", 1)]
    assert utils.make_default_output_config(TWO) == Output()


def test_splits_that_are_made_have_the_outputs_names_or_the_inputs() -> None:
    assert utils.generate_output_split_names(ONE, utils.make_default_output_config(ONE)) == ["train", "eval"]
    assert utils.generate_output_split_names(TWO.to_dict(), Output()) == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "made", "message"),
    [
        (TWO, utils.make_default_output_config(ONE), "got: 2 input splits"),
        (Input(), Output(), r"need names of their own.*got: \[\]"),
        (
            ONE,
            Output(split_config=SplitConfig(splits=[SplitConfig.Split(name="x")] * 2)),
            "need names of their own",
        ),
    ],
)
def test_splits_that_cannot_be_are_refused(given: Any, made: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        utils.generate_output_split_names(given, made)


def test_both_bases_are_where_tfx_has_them() -> None:
    assert component.QueryBasedExampleGen is QueryBasedExampleGen
    with pytest.raises(AttributeError, match="has no attribute 'StreamBasedExampleGen'"):
        component.StreamBasedExampleGen  # noqa: B018  the access is the test
