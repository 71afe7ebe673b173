# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Optional

import pytest
from light.component import Number

from penstock.errors import UsageError, UserCodeError
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.runners.build_parameters import BuildArguments, Given, recordable

FILE = Path("/project/pipeline.py")


def create_pipeline(
    count: int,
    rate: float = 0.5,
    name: str = "x",
    fast: bool = False,
    span: int | None = None,
    mode: Literal["a", "b"] = "a",
    splits: list[str] = ["train"],  # noqa: B006  never changed
    sizes: tuple[int, ...] = (),
    folder: Path | str = "data",
    old: Optional[int] = None,  # noqa: UP045  the older spelling
    config: dict[str, int] | None = None,
    either: int | RuntimeParameter = 3,
    untyped=4,  # type: ignore[no-untyped-def]
    anything: Any = None,
    items: Sequence[float] = (),
) -> Pipeline:
    return Pipeline("p", components=[Number(count)])


def text(**values: str) -> dict[str, Given]:
    return {name: Given(value, "--param", is_text=True) for name, value in values.items()}


def from_yaml(**values: Any) -> dict[str, Given]:
    return {name: Given(value, "a.yaml:3") for name, value in values.items()}


def typed(given: dict[str, Given]) -> dict[str, Any]:
    return BuildArguments(create_pipeline, FILE).typed({"count": Given(1, "here"), **given})


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"count": "12"}, 12),
        ({"rate": "2"}, 2.0),
        ({"name": "null"}, "null"),
        ({"fast": "yes"}, True),
        ({"fast": "False"}, False),
        ({"span": "7"}, 7),
        ({"span": "null"}, None),
        ({"mode": "b"}, "b"),
        ({"splits": "train, eval"}, ["train", "eval"]),
        ({"splits": '["a,b"]'}, ["a,b"]),
        ({"splits": ""}, []),
        ({"sizes": "1,2"}, (1, 2)),
        ({"folder": "x/y"}, Path("x/y")),
        ({"old": "5"}, 5),
        ({"config": '{"a": 1}'}, {"a": 1}),
        ({"either": "9"}, 9),
        ({"untyped": "8"}, 8),
        ({"anything": "as it is"}, "as it is"),
        ({"items": "1,2.5"}, [1.0, 2.5]),
    ],
)
def test_text_is_read_by_the_annotation(given: dict[str, str], value: Any) -> None:
    ((name, _),) = given.items()
    found = typed(text(**given))[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"rate": 2}, 2.0),
        ({"span": None}, None),
        ({"splits": ["a", "b"]}, ["a", "b"]),
        ({"sizes": [1, 2]}, (1, 2)),
        ({"folder": "x"}, Path("x")),
        ({"config": {"a": 1}}, {"a": 1}),
        ({"items": [1]}, [1.0]),
        ({"either": 9}, 9),
    ],
)
def test_values_of_a_file_are_checked_and_brought_into_shape(given: dict[str, Any], value: Any) -> None:
    ((name, _),) = given.items()
    found = typed(from_yaml(**given))[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (text(count="many"), r"--param: parameter 'count' has the wrong type; expected: int; got: 'many'"),
        (text(fast="perhaps"), r"--param: parameter 'fast' has the wrong type; expected: bool"),
        (text(mode="c"), r"--param: parameter 'mode' has the wrong value; expected: a or b; got: 'c'"),
        (text(sizes="1,x"), r"parameter 'sizes' has the wrong type; expected: int; got: 'x'"),
        (text(config="a=1"), r"parameter 'config' has the wrong type; expected: dict.*as JSON"),
        (from_yaml(count="3"), r"a\.yaml:3: .*count.*"),
        (from_yaml(splits=[1]), r"a\.yaml:3: .*splits\[0\]"),
        (from_yaml(fast=1), r"a\.yaml:3: .*fast"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(given: dict[str, Given], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        typed(given)


def test_a_missing_argument_is_named() -> None:
    arguments = BuildArguments(create_pipeline, FILE)
    assert arguments.required == ("count",)
    with pytest.raises(
        UsageError, match=r"create_pipeline of /project/pipeline.py needs count; what to do: --param count=…"
    ):
        arguments.typed({})


def test_defaults_are_recorded_with_what_was_given() -> None:
    values = typed(text(folder="x", rate="1"))
    assert recordable(values)["folder"] == "x"
    assert recordable(values)["mode"] == "a"
    assert set(values) == set(BuildArguments(create_pipeline, FILE).names)


def test_the_pipeline_is_built_with_positional_and_keyword_only_arguments() -> None:
    def positional(a: int, /, b: int = 2, *, c: int) -> Pipeline:
        return Pipeline(f"p{a}{b}{c}", components=[Number()])

    arguments = BuildArguments(positional, FILE)
    assert arguments.build(arguments.typed(text(a="1", c="3"))).id == "p123"


def test_what_create_pipeline_returns_is_checked() -> None:
    def forgetful() -> Pipeline:
        Pipeline("p", components=[Number()])  # type: ignore[return]

    with pytest.raises(UserCodeError, match=r"returned no pipeline; .*None.*is a return statement missing"):
        BuildArguments(forgetful, FILE).build({})


def test_what_create_pipeline_raises_is_the_users(tmp_path: Path) -> None:
    def broken() -> Pipeline:
        raise KeyError("nothing here")

    with pytest.raises(UserCodeError, match=r"broken raised KeyError: 'nothing here'") as caught:
        BuildArguments(broken, Path(__file__)).build({})
    assert "in broken" in caught.value.traceback
    assert "src/penstock" not in caught.value.traceback
