# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.example_gen.utils``, as far as ExampleGens of users take something from it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.errors import DataError, ParameterError
from penstock.examples.spans import span_of_date
from penstock.messages.example_gen import Input, Output, SplitConfig


def dict_to_example(instance: Mapping[str, Any]) -> Any:
    """Returns a ``tf.train.Example`` of a record.

    Args:
        instance: A number, text, list of these, numpy array or ``None`` per feature.

    Raises:
        DataError: A value is something else.
    """
    import tensorflow as tf

    features = {name: _feature(tf.train, name, value) for name, value in instance.items()}
    return tf.train.Example(features=tf.train.Features(feature=features))


def _feature(messages: Any, name: str, value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    values = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    if not values:
        return messages.Feature()
    if all(isinstance(item, int) for item in values):
        return messages.Feature(int64_list=messages.Int64List(value=values))
    if all(isinstance(item, (int, float)) for item in values):
        return messages.Feature(float_list=messages.FloatList(value=values))
    if all(isinstance(item, (str, bytes)) for item in values):
        encoded = [item.encode("utf-8") if isinstance(item, str) else item for item in values]
        return messages.Feature(bytes_list=messages.BytesList(value=encoded))
    raise DataError(
        f"feature {name!r} cannot be part of a tf.Example",
        expected="numbers or text, or a list of either",
        got=f"{value!r:.80} ({type(value).__name__})",
    )


def date_to_span_number(year: int, month: int, day: int) -> int:
    """Returns the span of a day: the days since 1970-01-01."""
    return span_of_date(datetime.date(year, month, day))


def span_number_to_date(span: int) -> tuple[int, int, int]:
    """Returns year, month and day of a span."""
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=span)
    return day.year, day.month, day.day


def make_default_input_config(split_pattern: str = "*") -> Input:
    """Returns the input of a folder that is one split."""
    return Input(splits=[Input.Split(name="single_split", pattern=split_pattern)])


def make_default_output_config(input_config: Input | Mapping[str, Any]) -> Output:
    """Returns the splits that are made by default: those of the input, or two to one where it has only one."""
    if len(Input.coerce(input_config).splits) > 1:
        return Output()
    shares = [
        SplitConfig.Split(name="train", hash_buckets=2),
        SplitConfig.Split(name="eval", hash_buckets=1),
    ]
    return Output(split_config=SplitConfig(splits=shares))


def generate_output_split_names(
    input_config: Input | Mapping[str, Any], output_config: Output | Mapping[str, Any]
) -> list[str]:
    """Returns the names of the splits that are made, in order.

    Raises:
        ParameterError: There are none, two have one name, or there are several splits on both sides.
    """
    given, made = Input.coerce(input_config).splits, Output.coerce(output_config).split_config.splits
    if made and len(given) != 1:
        raise ParameterError(
            "output splits are made of one input split",
            expected="output_config with one input split, or without",
            got=f"{len(given)} input splits",
        )
    return _checked([split.name for split in made or given])


def _checked(names: Sequence[str]) -> list[str]:
    if not names or not all(names) or len(set(names)) < len(names):
        raise ParameterError(
            "the splits need names of their own",
            expected="at least one name, each once",
            got=repr(list(names)),
        )
    return list(names)
