# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from penstock.inference.flow import Failure, Flow, Place, make_batch

PLACE = Place(unit=0, number=0, file="a.csv", first_row=10, is_last=False)


def _flow(rows: int = 4) -> Flow:
    return Flow.start(PLACE, pa.RecordBatch.from_pydict({"id": list(range(rows)), "x": [0] * rows}))


def _adding(flow: Flow, step: str, sources: tuple[str, ...], **columns: list[object]) -> Flow:
    return flow.with_view(step, flow.at(sources).adding(step, pa.RecordBatch.from_pydict(columns)))


def _failure(row: int) -> Failure:
    return Failure(row, "s", "function", "ValueError", "why")


def test_a_step_sees_what_its_source_has_left() -> None:
    flow = _flow()
    flow = flow.with_view("even", flow.at(("source",)).select(np.array([True, False, True, False])))

    assert flow.at(("even",)).batch.to_pydict() == {"id": [0, 2], "x": [0, 0]}
    assert flow.at(("even",)).positions.tolist() == [0, 2]
    assert flow.at(("source",)).num_rows == 4


def test_a_column_of_the_same_name_is_replaced() -> None:
    flow = _adding(_flow(2), "double", ("source",), x=[1, 2], y=[3, 4])

    view = flow.at(("double",))

    assert view.batch.to_pydict() == {"id": [0, 1], "x": [1, 2], "y": [3, 4]}
    assert view.origins == ("source", "double", "double")


def test_ways_that_meet_have_each_row_once_and_null_for_what_a_way_lacks() -> None:
    flow = _flow(4)
    flow = flow.with_view("cut.a", flow.at(("source",)).select(np.array([True, False, False, True])))
    flow = flow.with_view("cut.b", flow.at(("source",)).select(np.array([False, True, False, False])))
    flow = _adding(flow, "one", ("cut.a",), score=[1.0, 4.0], one_model_id=[7, 7])
    flow = _adding(flow, "two", ("cut.b",), score=[2.0])

    met = flow.at(("one", "two"), unprefixed={"one_model_id"})

    assert met.batch.to_pydict() == {
        "id": [0, 1, 3],
        "x": [0, 0, 0],
        "one_score": [1.0, None, 4.0],
        "one_model_id": [7, None, 7],
        "two_score": [None, 2.0, None],
    }
    assert met.positions.tolist() == [0, 1, 3]
    assert met.origins == ("source", "source", "one", "one", "two")


def test_ways_with_all_rows_meet_without_copies() -> None:
    flow = _adding(_adding(_flow(2), "one", ("source",), y=[1, 2]), "two", ("source",), y=[3, 4])

    met = flow.at(("one", "two"))

    assert met.batch.to_pydict() == {"id": [0, 1], "x": [0, 0], "one_y": [1, 2], "two_y": [3, 4]}
    assert met.batch.column(0) is flow.source.column(0) or met.batch.column(0).equals(flow.source.column(0))


def test_a_row_that_failed_is_gone_on_all_ways() -> None:
    flow = _adding(_flow(3), "one", ("source",), y=[1, 2, 3])

    flow = flow.without({1: _failure(11)})

    assert flow.at(("one",)).batch.to_pydict()["id"] == [0, 2]
    assert flow.at(("source",)).batch.to_pydict()["id"] == [0, 2]
    assert flow.source.num_rows == 3
    assert flow.failures == (_failure(11),)
    assert flow.rows_read == 3


def test_rows_that_could_not_be_read_count_as_read() -> None:
    batch = pa.RecordBatch.from_pydict({"id": [1, 2]})
    flow = Flow.start(PLACE, batch, (_failure(10),))

    assert flow.rows_read == 3
    assert flow.without({0: _failure(11)}).rows_read == 3


@pytest.mark.parametrize(
    ("skipped", "numbers"),
    [((), [10, 11, 12]), ((10,), [11, 12, 13]), ((11, 12), [10, 13, 14]), ((10, 12, 13), [11, 14, 15])],
)
def test_the_number_of_a_row_counts_those_that_could_not_be_read(
    skipped: tuple[int, ...], numbers: list[int]
) -> None:
    place = Place(0, 0, "a.csv", 10, False, skipped)

    assert [place.row_number(position) for position in range(3)] == numbers


def test_a_batch_without_columns_knows_its_rows() -> None:
    assert make_batch([], [], 5).num_rows == 5
