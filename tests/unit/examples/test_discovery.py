# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FeatureSet, FeatureSpec


def batch(**columns: object) -> pa.RecordBatch:
    arrays = [values if isinstance(values, pa.Array) else pa.array(values) for values in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def test_features_widen_over_batches() -> None:
    discovery = FeatureDiscovery()
    discovery.observe(batch(a=[1], b=["x"], c=pa.nulls(1)))
    assert discovery.features() == FeatureSet(
        (
            FeatureSpec("a", "int"),
            FeatureSpec("b", "bytes", is_text=True),
            FeatureSpec("c", "bytes", is_text=True),
        )
    )
    discovery.observe(batch(a=[[1, 2]], b=[b"\xff"], c=[1.5], d=[[]]))
    assert discovery.features() == FeatureSet(
        (
            FeatureSpec("a", "int", is_list=True),
            FeatureSpec("b", "bytes"),
            FeatureSpec("c", "float"),
            FeatureSpec("d", "bytes", is_list=True, is_text=True),
        )
    )
    discovery.observe(batch(a=[1], b=["x"]))
    assert discovery.features()["a"].is_list
    assert not discovery.features()["b"].is_text


def test_what_is_known_beforehand_holds_for_columns_without_values() -> None:
    known = FeatureSet((FeatureSpec("label", "int"), FeatureSpec("x", "float", is_list=True)))
    discovery = FeatureDiscovery(known)
    discovery.observe(batch(x=[1.5], label=pa.nulls(1)))
    assert discovery.features() == known


def test_a_change_of_kind_is_an_error() -> None:
    discovery = FeatureDiscovery()
    discovery.observe(batch(x=[1]))
    with pytest.raises(DataError, match=r"'x' changes its kind.*expected: int.*got: float"):
        discovery.observe(batch(x=[1.5]))
    with pytest.raises(DataError, match="changes its kind"):
        discovery.include(FeatureSet((FeatureSpec("x", "bytes"),)))


def test_columns_of_nulls_have_no_kind_in_a_schema_either() -> None:
    discovery = FeatureDiscovery()
    discovery.include_schema(
        pa.schema([("x", pa.null()), ("t", pa.large_string()), ("b", pa.list_(pa.binary()))])
    )
    discovery.include_schema(pa.schema([("x", pa.int32())]))
    assert discovery.features() == FeatureSet(
        (
            FeatureSpec("x", "int"),
            FeatureSpec("t", "bytes", is_text=True),
            FeatureSpec("b", "bytes", is_list=True),
        )
    )
