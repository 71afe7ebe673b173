# SPDX-License-Identifier: Apache-2.0
"""The lean runner gives what Beam's in-process runner gives, or leaves the pipeline to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.transforms import window
from apache_beam.transforms.userstate import BagStateSpec

from penstock.beam.lean.stages import stages_of
from penstock.beam.lean.steps import UnsupportedError, steps_of
from penstock.beam.pipeline import make_pipeline, open_pipeline
from penstock.errors import DataError

Build = Callable[[beam.Pipeline], beam.PCollection]


def results(build: Build, folder: Path, *, lean: bool) -> list[str]:
    folder.mkdir(exist_ok=True)
    with open_pipeline(lean=lean) as pipeline:
        _ = build(pipeline) | "repr" >> beam.Map(repr) | beam.io.WriteToText(str(folder / "out"))
    return sorted(line for path in folder.glob("out*") for line in path.read_text().splitlines())


def numbers(p: beam.Pipeline, *values: int, label: str = "numbers") -> beam.PCollection:
    return p | label >> beam.Create(values or (3, 1, 4, 1, 5), reshuffle=False)


class Mean(beam.CombineFn):
    """A mean that fails unless it is set up, and once it is torn down."""

    def setup(self) -> None:
        self.ready = True

    def create_accumulator(self) -> list[float]:
        return []

    def add_input(self, accumulator: list[float], element: float) -> list[float]:
        assert self.ready
        return [*accumulator, element]

    def compact(self, accumulator: list[float]) -> list[float]:
        return sorted(accumulator)

    def merge_accumulators(self, accumulators: Iterable[list[float]]) -> list[float]:
        return [value for accumulator in accumulators for value in accumulator]

    def extract_output(self, accumulator: list[float]) -> float:
        assert self.ready
        return sum(accumulator) / len(accumulator)

    def teardown(self) -> None:
        self.ready = False


class Bundles(beam.DoFn):
    """Counts its elements and says so at the end of the bundle."""

    def setup(self) -> None:
        self.events = ["setup"]

    def start_bundle(self) -> None:
        self.events.append("start")
        self.count = 0

    def process(self, element: int) -> None:
        self.count += 1

    def finish_bundle(self) -> Iterator[Any]:
        value = (*self.events, self.count)
        yield beam.utils.windowed_value.WindowedValue(value, 0, [window.GlobalWindow()])


class Tagging(beam.DoFn):
    def process(self, element: int) -> Iterator[Any]:
        yield element
        if element > 3:
            yield beam.pvalue.TaggedOutput("large", element * 100)


def two_kinds_of_output(p: beam.Pipeline) -> beam.PCollection:
    split = numbers(p) | beam.ParDo(Tagging()).with_outputs("large", main="all")
    return (split.all, split.large) | beam.Flatten()


def partitions(p: beam.Pipeline) -> beam.PCollection:
    odd, even = numbers(p) | beam.Partition(lambda value, _: (value + 1) % 2, 2)
    return (
        odd | beam.Map(lambda value: ("odd", value)),
        even | beam.Map(lambda v: ("even", v)),
    ) | beam.Flatten()


def side_inputs(p: beam.Pipeline) -> beam.PCollection:
    main, side = numbers(p), numbers(p, 10, 20, label="side")
    pairs = side | beam.Map(lambda value: (value, value * 2))
    total = side | beam.CombineGlobally(sum)
    nothing = side | beam.Filter(lambda value: value > 99)
    return main | beam.Map(
        lambda value, one, many, listed, mapped, default: (value, one, sorted(many), sorted(listed), mapped, default),
        beam.pvalue.AsSingleton(total), beam.pvalue.AsIter(side), beam.pvalue.AsList(side),
        mapped=beam.pvalue.AsDict(pairs), default=beam.pvalue.AsSingleton(nothing, default_value=-1),
    )  # fmt: skip


def side_input_of_ones_own_stage(p: beam.Pipeline) -> beam.PCollection:
    values = numbers(p)
    mean = values | beam.CombineGlobally(Mean())
    return values | beam.Map(lambda value, m: round(value - m, 6), beam.pvalue.AsSingleton(mean))


def chained_self_dependence(p: beam.Pipeline) -> beam.PCollection:
    values = numbers(p)
    largest = values | "max" >> beam.CombineGlobally(max)
    scaled = values | "scale" >> beam.Map(lambda v, m: v / m, beam.pvalue.AsSingleton(largest))
    total = scaled | "sum" >> beam.CombineGlobally(sum)
    return scaled | beam.Map(
        lambda v, s, m: (v, round(s, 6), m), *map(beam.pvalue.AsSingleton, (total, largest))
    )


def keys_of_several_types(p: beam.Pipeline) -> beam.PCollection:
    keys = [1, 1.0, True, "1", b"1", None, (1, "a"), (1, "a")]
    pairs = p | beam.Create([(key, 1) for key in keys], reshuffle=False)
    return pairs | beam.GroupByKey() | beam.MapTuple(lambda key, values: (key, sum(values)))


def joined(p: beam.Pipeline) -> beam.PCollection:
    left = numbers(p, 1, 2, label="left") | "l" >> beam.Map(lambda value: (value, "left"))
    right = numbers(p, 2, 3, label="right") | "r" >> beam.Map(lambda value: (value, "right"))
    pairs = {"a": left, "b": right} | beam.CoGroupByKey()
    return pairs | beam.MapTuple(lambda key, found: (key, sorted(found["a"]), sorted(found["b"])))


def combined(p: beam.Pipeline) -> beam.PCollection:
    pairs = numbers(p) | beam.Map(lambda value: (value % 2, value))
    return (
        pairs | "mean" >> beam.CombinePerKey(Mean()),
        pairs | "fanout" >> beam.CombinePerKey(Mean()).with_hot_key_fanout(4),
        pairs | "function" >> beam.CombinePerKey(lambda values, add: sum(values) + add, 1000),
        pairs | "top" >> beam.combiners.Top.PerKey(2),
        pairs | "count" >> beam.combiners.Count.PerKey(),
    ) | beam.Flatten()


def combined_globally(p: beam.Pipeline) -> beam.PCollection:
    values = numbers(p)
    none = values | beam.Filter(lambda value: value > 99)
    return (
        values | "mean" >> beam.CombineGlobally(Mean()),
        values | "fanout" >> beam.CombineGlobally(Mean()).with_fanout(3),
        none | "default" >> beam.CombineGlobally(sum),
        none | "no default" >> beam.CombineGlobally(sum).without_defaults(),
        values | "count" >> beam.combiners.Count.Globally(),
        values | "list" >> beam.combiners.ToList() | beam.Map(sorted),
        values | "distinct" >> beam.Distinct(),
        values | "per element" >> beam.combiners.Count.PerElement(),
    ) | beam.Flatten()


def bundles(p: beam.Pipeline) -> beam.PCollection:
    return numbers(p) | beam.ParDo(Bundles())


def batches(p: beam.Pipeline) -> beam.PCollection:
    return numbers(p) | beam.BatchElements(min_batch_size=2, max_batch_size=2) | beam.Map(sorted)


def nothing_at_all(p: beam.Pipeline) -> beam.PCollection:
    return p | beam.Create([])


def no_collections(p: beam.Pipeline) -> beam.PCollection:
    return () | beam.Flatten(pipeline=p)


def one_function_twice(p: beam.Pipeline) -> beam.PCollection:
    function = Bundles()
    values = numbers(p)
    return (values | "a" >> beam.ParDo(function), values | "b" >> beam.ParDo(function)) | beam.Flatten()


def timestamps(p: beam.Pipeline) -> beam.PCollection:
    stamped = numbers(p) | "stamp" >> beam.Map(lambda value: window.TimestampedValue(value, value))
    return stamped | "add" >> beam.Map(lambda value: value + 1)


def a_failing_branch_caught(p: beam.Pipeline) -> beam.PCollection:
    good, bad = numbers(p) | beam.Map(lambda value: 10 // (value - 3)).with_exception_handling()
    return (good, bad | beam.MapTuple(lambda element, _: ("bad", element))) | beam.Flatten()


ALIKE = (
    two_kinds_of_output, partitions, side_inputs, side_input_of_ones_own_stage, chained_self_dependence,
    keys_of_several_types, joined, combined, combined_globally, bundles, batches, nothing_at_all, no_collections,
    one_function_twice, timestamps, a_failing_branch_caught,
)  # fmt: skip


@pytest.mark.parametrize("build", ALIKE, ids=lambda build: build.__name__)
def test_both_runners_give_the_same(build: Build, tmp_path: Path) -> None:
    steps_of(_pipeline(build))  # so the lean runner does not leave it to Beam
    found, expected = (results(build, tmp_path / str(lean), lean=lean) for lean in (True, False))
    assert found == expected


def _pipeline(build: Build) -> beam.Pipeline:
    pipeline = make_pipeline()
    build(pipeline)
    return pipeline


def test_files_are_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\ntwo\nthree\n")
    records = str(tmp_path / "records")
    with open_pipeline(lean=True) as pipeline:
        lines = pipeline | beam.io.ReadFromText(str(tmp_path / "in.txt"))
        _ = lines | beam.Map(str.encode) | beam.io.WriteToTFRecord(records, file_name_suffix=".gz")
    read = results(lambda p: p | beam.io.ReadFromTFRecord(f"{records}*"), tmp_path / "read", lean=True)
    assert read == ["b'one'", "b'three'", "b'two'"]


# ----------------------------------------------------------------------------------------------- what is left to Beam


class Stateful(beam.DoFn):
    SEEN = BagStateSpec("seen", VarIntCoder())

    def process(self, element: tuple[int, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[int]:  # noqa: B008
        seen.add(element[1])
        yield len(list(seen.read()))


def windows(p: beam.Pipeline) -> beam.PCollection:
    stamped = numbers(p) | "stamp" >> beam.Map(lambda value: window.TimestampedValue((0, value), value))
    return (
        stamped
        | beam.WindowInto(window.FixedWindows(3))
        | beam.GroupByKey()
        | beam.MapTuple(lambda k, v: sorted(v))
    )


def window_parameter(p: beam.Pipeline) -> beam.PCollection:
    return numbers(p) | beam.Map(lambda value, w=beam.DoFn.WindowParam: (value, type(w).__name__))


def state(p: beam.Pipeline) -> beam.PCollection:
    return numbers(p) | beam.Map(lambda value: (0, value)) | beam.ParDo(Stateful())


def a_long_way(p: beam.Pipeline) -> beam.PCollection:
    values = numbers(p)
    for index in range(152):
        values |= f"step {index}" >> beam.Map(lambda value: value + 1)
    return values


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (windows, "uses windows"),
        (window_parameter, "asks for"),
        (state, "asks for"),
        (a_long_way, "151th step"),
        (lambda p: numbers(p) | beam.Reshuffle(), "asks for"),
    ],
)
def test_what_only_beam_can_do_is_left_to_it(
    build: Build, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        steps_of(_pipeline(build))
    caplog.set_level(logging.INFO, logger="penstock.beam.lean.runner")
    found, expected = (results(build, tmp_path / str(lean), lean=lean) for lean in (True, False))
    assert found == expected
    assert "Beam's own runner takes the pipeline" in caplog.text


# --------------------------------------------------------------------------------------------------- how it goes about


def test_errors_come_out_as_they_are() -> None:
    def fail(value: int) -> None:
        raise DataError(f"{value} is wrong", hint="choose another")

    with (
        pytest.raises(DataError, match="3 is wrong") as caught,
        open_pipeline(component="Node", lean=True) as p,
    ):
        _ = numbers(p) | beam.Map(fail)
    assert (caught.value.hint, caught.value.component) == ("choose another", "Node")


def test_elements_are_not_kept_where_no_step_waits_for_its_own_stage() -> None:
    pipeline = make_pipeline()
    values = numbers(pipeline)
    total = numbers(pipeline, label="others") | beam.CombineGlobally(sum)
    _ = (
        values
        | beam.Map(lambda value, t: value + t, beam.pvalue.AsSingleton(total))
        | beam.CombineGlobally(max)
    )
    stages = stages_of(steps_of(pipeline))
    assert not any(stage.kept for stage in stages)
    waiting = make_pipeline()
    side_input_of_ones_own_stage(waiting)
    kept = [value for stage in stages_of(steps_of(waiting)) for value, _ in stage.kept]
    assert len(kept) == 1


def test_one_element_at_a_time_goes_through_a_stage(tmp_path: Path) -> None:
    log = str(tmp_path / "log")

    def note(letter: str) -> None:
        with open(log, "a") as file:
            file.write(letter)

    def made(element: int) -> Iterator[int]:
        for value in range(5):
            note("m")
            yield value

    def taken(value: int) -> tuple[int, int]:
        note("t")
        return (value % 3, value)

    with open_pipeline(lean=True) as pipeline:
        _ = pipeline | beam.Create([0]) | beam.FlatMap(made) | beam.Map(taken) | beam.CombinePerKey(sum)
    assert Path(log).read_text() == "mt" * 5
