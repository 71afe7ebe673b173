# SPDX-License-Identifier: Apache-2.0
"""The values of expressions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Float, Integer, JsonValue, Model, String
from penstock.errors import ResolutionError
from penstock.ir.expression import ChannelIR, ExpressionIR
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.runtime.evaluation import Facts, absent, evaluate

CHANNEL = ChannelIR(type="Integer", producer="Count", output="n")


def constant(value: Any) -> ExpressionIR:
    return ExpressionIR("constant", value=value)


def own_input(key: str, index: int = 0) -> ExpressionIR:
    return ExpressionIR("item", (ExpressionIR("input", value=key),), value=index)


def content(key: str) -> ExpressionIR:
    return ExpressionIR("content", (own_input(key),))


def inputs(**artifacts: Artifact | Sequence[Artifact]) -> Facts:
    lists = {key: [a] if isinstance(a, Artifact) else list(a) for key, a in artifacts.items()}
    return Facts(node_id="Train", inputs=lists)


def value_file(tmp_path: Path, cls: type[Any], value: Any) -> Any:
    artifact = cls(str(tmp_path / f"{cls.__name__}-value"))
    artifact.write(value)
    return artifact


# ---------------------------------------------------------------------------------------------------- plain values


def test_plain_values_come_from_where_they_are() -> None:
    facts = Facts(
        runtime_parameters={"steps": 3},
        environment={"HOME": "/home/x"},
        run={"run_id": "r1"},
        exec_properties={"rate": 0.5},
    )
    assert evaluate(constant([1, "a"]), facts) == [1, "a"]
    assert evaluate(ExpressionIR("runtime_parameter", value="steps"), facts) == 3
    assert evaluate(ExpressionIR("environment", value="HOME"), facts) == "/home/x"
    assert evaluate(ExpressionIR("environment", value="NOT_SET"), facts) is None
    assert evaluate(ExpressionIR("run", value="run_id"), facts) == "r1"
    assert evaluate(ExpressionIR("exec_property", value="rate"), facts) == 0.5
    assert evaluate(ExpressionIR("exec_property", value="not_set"), facts) is None


def test_facts_of_inputs_outputs_and_parameters_follow() -> None:
    facts = Facts(inputs={"model": [Model("/m", id=3)]}, outputs={}, exec_properties={"n": 1})
    (model,) = evaluate(ExpressionIR("run", value="inputs"), facts)["model"]
    assert (model["uri"], model["id"]) == ("/m", 3)
    assert evaluate(ExpressionIR("run", value="outputs"), facts) == {}
    assert evaluate(ExpressionIR("run", value="exec_properties"), facts) == {"n": 1}


def test_an_unknown_fact_is_refused_with_the_nearest() -> None:
    with pytest.raises(ResolutionError, match="run\\('run_idd'\\) has no value.*did you mean 'run_id'"):
        evaluate(ExpressionIR("run", value="run_idd"), Facts(run={"run_id": "r"}))


def test_what_is_not_known_yet_says_so() -> None:
    with pytest.raises(ResolutionError, match="Push: input\\('model'\\).*not known yet.*channel.future"):
        evaluate(own_input("model"), Facts(node_id="Push"))


# ------------------------------------------------------------------------------------------------------- artifacts


def test_a_channel_is_read_through_the_facts(tmp_path: Path) -> None:
    number = value_file(tmp_path, Integer, 5)
    asked: list[ChannelIR] = []

    def channel(wanted: ChannelIR) -> list[Artifact]:
        asked.append(wanted)
        return [number]

    first = ExpressionIR("item", (ExpressionIR("channel", channel=CHANNEL),), value=0)
    assert evaluate(ExpressionIR("content", (first,)), Facts(channel=channel)) == 5
    assert asked == [CHANNEL]


def test_uris_splits_and_properties() -> None:
    examples = Examples("/e", properties={"split_names": '["train"]', "span": 4})
    examples.set_custom_property("rows", 10)
    facts = inputs(examples=examples)
    one = (own_input("examples"),)
    assert evaluate(ExpressionIR("uri", one), facts) == "/e"
    assert evaluate(ExpressionIR("split_uri", one, value="train"), facts) == "/e/Split-train"
    assert evaluate(ExpressionIR("property", one, value="span"), facts) == 4
    assert evaluate(ExpressionIR("property", one, value="version"), facts) == 0
    assert evaluate(ExpressionIR("custom_property", one, value="rows"), facts) == 10
    assert evaluate(ExpressionIR("custom_property", one, value="columns"), facts) is None


def test_an_output_has_any_split_that_its_maker_wants() -> None:
    facts = Facts(outputs={"examples": [Examples("/o")]})
    own = ExpressionIR("item", (ExpressionIR("output", value="examples"),), value=0)
    assert evaluate(ExpressionIR("split_uri", (own,), value="eval"), facts) == "/o/Split-eval"


@pytest.mark.parametrize(
    ("op", "name", "message"),
    [
        ("split_uri", "trian", "no split 'trian'.*one of train.*did you mean 'train'"),
        ("property", "spann", "no property 'spann'.*did you mean 'span'"),
        ("property", "rows", "no property 'rows'.*\\.custom_property\\('rows'\\)"),
        ("content", None, "type Examples holds no value.*\\.uri"),
    ],
)
def test_what_an_artifact_has_not_is_refused(op: Any, name: str | None, message: str) -> None:
    examples = Examples("/e", properties={"split_names": '["train"]'}, custom_properties={"rows": 1})
    with pytest.raises(ResolutionError, match=f"Train: input\\('examples'\\)\\[0\\]\\..*{message}"):
        evaluate(ExpressionIR(op, (own_input("examples"),), value=name), inputs(examples=examples))


def test_an_index_out_of_range_names_node_expression_and_what_was_there() -> None:
    facts = inputs(models=[Model("/a"), Model("/b")])
    with pytest.raises(ResolutionError) as caught:
        evaluate(ExpressionIR("uri", (own_input("models", 2),)), facts)
    assert str(caught.value) == (
        "Train: input('models')[2].uri has no value: index 2 is out of range in input('models')[2]; "
        "expected: an index below 2; got: 2 of them: /a, /b"
    )


def test_a_value_that_is_none_is_none(tmp_path: Path) -> None:
    assert evaluate(content("n"), inputs(n=value_file(tmp_path, Integer, None))) is None


# ------------------------------------------------------------------------------------------------ what is not there


def test_an_optional_input_without_an_artifact_makes_the_whole_value_none() -> None:
    missing = ExpressionIR("uri", (own_input("base"),))
    text = ExpressionIR("concat", (constant("--base="), missing))
    assert evaluate(text, inputs(base=[])) is None
    assert absent(text, inputs(base=[])) == "input('base')"
    assert absent(constant(None), Facts()) is None


def test_in_lists_it_is_none_and_in_mappings_it_is_left_out() -> None:
    missing = ExpressionIR("uri", (own_input("base"),))
    facts = inputs(base=[])
    assert evaluate(ExpressionIR("list", (constant(1), missing)), facts) == [1, None]
    pairs = (constant("a"), constant(1), constant("b"), missing)
    assert evaluate(ExpressionIR("dict", pairs), facts) == {"a": 1}


# ----------------------------------------------------------------------------------------------- texts and messages


def test_texts_are_joined_as_python_writes_them() -> None:
    parts = (constant("n="), constant(3), constant(","), constant(True), constant(0.5))
    assert evaluate(ExpressionIR("concat", parts), Facts()) == "n=3,True0.5"
    assert evaluate(ExpressionIR("join", parts[:2], value="-"), Facts()) == "n=-3"
    listed = ExpressionIR("list", (constant("a"), constant(1)))
    assert evaluate(ExpressionIR("join", (listed,), value=", "), Facts()) == "a, 1"


def test_paths() -> None:
    path = ExpressionIR("join_path", (constant("gs://bucket/x"), constant("y"), constant(1)))
    assert evaluate(path, Facts()) == "gs://bucket/x/y/1"
    assert evaluate(ExpressionIR("dirname", (path,)), Facts()) == "gs://bucket/x/y"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ([1], "serialize_list"),
        (b"x", "b64encode"),
        (TrainArgs(), "serialize\\(…\\) makes text of a message"),
    ],
)
def test_only_plain_values_are_text(value: Any, hint: str) -> None:
    with pytest.raises(ResolutionError, match=f"is not text.*{hint}"):
        evaluate(ExpressionIR("concat", (constant("a"), constant(value))), Facts())


def test_fields_of_messages_lists_and_mappings() -> None:
    args = TrainArgs(splits=["a", "b"], num_steps=3)
    facts = Facts(exec_properties={"args": args, "plain": {"x": {"y": [1, 2]}}})
    own = ExpressionIR("exec_property", value="args")
    assert evaluate(ExpressionIR("field", (own,), value="num_steps"), facts) == 3
    splits = ExpressionIR("field", (own,), value="splits")
    assert evaluate(splits, facts) == ["a", "b"]
    assert evaluate(ExpressionIR("item", (splits,), value=1), facts) == "b"
    assert evaluate(ExpressionIR("serialized_list", (splits,), value="comma_separated"), facts) == '"a","b"'
    deep = ExpressionIR("field", (ExpressionIR("exec_property", value="plain"),), value="x.y")
    assert evaluate(ExpressionIR("item", (deep,), value=1), facts) == 2
    with pytest.raises(ResolutionError, match="no field 'num_stesp'.*did you mean 'num_steps'"):
        evaluate(ExpressionIR("field", (own,), value="num_stesp"), facts)


def test_a_json_value_has_items(tmp_path: Path) -> None:
    facts = inputs(config=value_file(tmp_path, JsonValue, {"a": [1, 2]}))
    a = ExpressionIR("item", (content("config"),), value="a")
    assert evaluate(ExpressionIR("item", (a,), value=-1), facts) == 2
    with pytest.raises(ResolutionError, match="no item 'b'.*known: a"):
        evaluate(ExpressionIR("item", (content("config"),), value="b"), facts)


def test_a_message_of_ours_is_made_of_a_base_and_fields() -> None:
    base = {"type": "penstock.messages.trainer:TrainArgs", "json": {"splits": ["a"], "num_steps": 1}}
    made = ExpressionIR(
        "message",
        (constant("num_steps"), constant(0), constant("splits"), constant(["b", None])),
        value=base,
    )
    assert evaluate(made, Facts()) == TrainArgs(splits=["a", "b"])
    text = ExpressionIR("serialized", (made,), value="json")
    assert json.loads(evaluate(text, Facts())) == {"splits": ["a", "b"]}
    in_text = ExpressionIR("serialized", (made,), value="text_format")
    assert evaluate(in_text, Facts()) == 'splits: "a"\nsplits: "b"\n'


def test_a_field_that_a_value_does_not_fit_is_named() -> None:
    base = {"type": "penstock.messages.trainer:EvalArgs", "json": {}}
    wrong = ExpressionIR("message", (constant("num_steps"), constant("many")), value=base)
    with pytest.raises(ResolutionError, match="num_steps.*many"):
        evaluate(wrong, Facts())
    assert EvalArgs() == evaluate(ExpressionIR("message", value=base), Facts())


def test_base64() -> None:
    assert evaluate(ExpressionIR("base64", (constant("?>"),), value=True), Facts()) == "Pz4="
    assert evaluate(ExpressionIR("base64", (constant(b"\xfb\xff"),), value=True), Facts()) == "-_8="
    assert evaluate(ExpressionIR("base64", (constant(b"\xfb\xff"),), value=False), Facts()) == "+/8="
    with pytest.raises(ResolutionError, match="text or bytes"):
        evaluate(ExpressionIR("base64", (constant(3),), value=True), Facts())


# ----------------------------------------------------------------------------------------------------------- truth


@pytest.mark.parametrize(
    ("op", "left", "right", "holds"),
    [
        ("eq", 1, 1.0, True),
        ("eq", True, 1, True),
        ("eq", "a", "b", False),
        ("eq", None, 1, False),
        ("eq", None, None, True),
        ("eq", [1], [1], True),
        ("lt", 1, 2.5, True),
        ("gt", "b", "a", True),
    ],
)
def test_comparisons(op: Any, left: Any, right: Any, holds: bool) -> None:
    assert evaluate(ExpressionIR(op, (constant(left), constant(right))), Facts()) is holds


@pytest.mark.parametrize(
    ("op", "left", "right"), [("eq", "1", 1), ("lt", None, 1), ("gt", "a", 1), ("lt", [1], [2])]
)
def test_types_that_cannot_be_compared_are_named(op: Any, left: Any, right: Any) -> None:
    with pytest.raises(ResolutionError, match="cannot be compared.*expected: two numbers or two texts.*got"):
        evaluate(ExpressionIR(op, (constant(left), constant(right))), Facts(node_id="Cond"))


def test_truth_is_looked_up_only_as_far_as_needed(tmp_path: Path) -> None:
    facts = inputs(score=value_file(tmp_path, Float, 0.9), name=value_file(tmp_path, String, "x"))
    high = ExpressionIR("gt", (content("score"), constant(0.5)))
    broken = ExpressionIR("gt", (content("name"), constant(1)))
    assert evaluate(ExpressionIR("or", (high, broken)), facts) is True
    assert evaluate(ExpressionIR("and", (ExpressionIR("not", (high,)), broken)), facts) is False
    with pytest.raises(ResolutionError, match="cannot be compared"):
        evaluate(ExpressionIR("and", (high, broken)), facts)
    with pytest.raises(ResolutionError, match="neither true nor false"):
        evaluate(ExpressionIR("not", (content("score"),)), facts)
