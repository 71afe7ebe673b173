# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from light.component import Add, Number

from penstock.artifacts.artifact import CONTENT_DIGEST, Artifact
from penstock.artifacts.standard import Examples, Integer
from penstock.components.graph_inferrer.component import GraphInferrer
from penstock.components.trainer.component import Trainer
from penstock.graph.component import BaseComponent
from penstock.ir.model import NodeIR, OutputIR, PipelineIR
from penstock.messages.trainer import TrainArgs
from penstock.runtime.cache import cache_key, cache_parts, differing_parts
from penstock.runtime.roles import Run

NODE = NodeIR("node", "component", "type", "light.component:Number", outputs={"number": OutputIR("Integer")})


def parts(
    root: Path,
    cls: type[BaseComponent] = Number,
    *,
    node: NodeIR = NODE,
    inputs: Mapping[str, Sequence[Artifact]] | None = None,
    decision: Run[Any] | None = None,
    libraries: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    name: str = "p",
    examples_format: Any = "parquet",
    **parameters: Any,
) -> dict[str, Any]:
    ir = PipelineIR(name, str(root / "root"), {}, str(root), (node,), examples_format=examples_format)
    return cache_parts(
        ir,
        node,
        cls,
        inputs=inputs or {},
        parameters=parameters,
        decision=decision or Run(None),
        libraries=libraries,
        settings=settings or {},
    )


def number(digest: str = "d", **fields: Any) -> Integer:
    return Integer("/somewhere", custom_properties={CONTENT_DIGEST: digest} if digest else {}, **fields)


def examples(digest: str = "d", **properties: Any) -> Examples:
    return Examples("/e", id=1, properties=properties, custom_properties={CONTENT_DIGEST: digest})


def test_what_the_result_does_not_depend_on_is_left_out(tmp_path: Path) -> None:
    first = parts(tmp_path, inputs={"after": [number(id=1)]}, value=1)
    elsewhere = tmp_path / "another checkout"
    changed = replace(NODE, beam_pipeline_args=("--direct_num_workers=9",), max_retries=3, timeout_seconds=9)
    moved = Integer("/elsewhere", id=99, name="other", custom_properties={CONTENT_DIGEST: "d", "note": "x"})
    assert parts(elsewhere, node=changed, inputs={"after": [moved]}, value=1) == first


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("pipeline", {"name": "q"}),
        ("node", {"node": replace(NODE, id="other")}),
        ("component", {"node": replace(NODE, type="other")}),
        ("outputs", {"node": replace(NODE, outputs={})}),
        ("examples_format", {"examples_format": "tfrecord"}),
        ("parameter value", {"value": 2}),
        ("parameter folder", {"folder": "given"}),
        ("input after", {"inputs": {"after": [number("other")]}}),
        ("driver plan", {"decision": Run({"span": 3})}),
        ("driver span", {"decision": Run({"path": "/x"}, cache_parts={"span": 3})}),
        ("version PyYAML", {"libraries": ("yaml",)}),
    ],
)
def test_what_it_does_depend_on_is_a_part_with_a_name(
    tmp_path: Path, part: str, changed: dict[str, Any]
) -> None:
    base: dict[str, Any] = {"inputs": {"after": [number()]}, "value": 1}
    first, second = parts(tmp_path, **base), parts(tmp_path, **{**base, **changed})
    assert [name for name, _, _ in differing_parts(first, second)] == [part]
    assert cache_key(first) != cache_key(second)


def test_settings_count_where_a_library_is_used(tmp_path: Path) -> None:
    setting = {"TF_USE_LEGACY_KERAS": "0"}
    assert "setting TF_USE_LEGACY_KERAS" not in parts(tmp_path, settings=setting)
    assert parts(tmp_path, settings=setting, libraries=("yaml",))["setting TF_USE_LEGACY_KERAS"] == "0"


def test_an_input_without_a_digest_is_known_by_its_id(tmp_path: Path) -> None:
    assert parts(tmp_path, inputs={"after": [number("", id=7)]})["input after"] == ["id:7"]


def test_equal_files_of_another_span_are_another_input(tmp_path: Path) -> None:
    seen = {
        cache_key(parts(tmp_path, inputs={"examples": [artifact]}))
        for artifact in (
            examples(),
            examples(span=1),
            examples(span=2),
            examples(span=1, split_names='["train"]'),
        )
    }
    assert len(seen) == 4
    one, again = (parts(tmp_path, inputs={"examples": [examples(span=1)]}) for _ in range(2))
    assert one == again


def test_several_inputs_count_in_their_order(tmp_path: Path) -> None:
    first, second = number("1"), number("2")
    one = parts(tmp_path, Add, inputs={"numbers": [first, second]})
    other = parts(tmp_path, Add, inputs={"numbers": [second, first]})
    assert cache_key(one) != cache_key(other)


def test_several_functions_count_each_by_its_code(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f"def f(): return {name!r}\n")

    def found() -> list[str]:
        named = ["one.f", "two.f", "json.loads"]
        digests: list[str] = parts(tmp_path, GraphInferrer, functions=named)["module functions"]
        return digests

    before = found()
    assert before[2] == "functions:json.loads"
    (tmp_path / "two.py").write_text("def f(): return 2\n")
    assert [a == b for a, b in zip(before, found(), strict=True)] == [True, False, True]


def test_a_module_counts_by_its_code_and_not_by_its_path(tmp_path: Path) -> None:
    for project in ("one", "two"):
        (tmp_path / project / "modules").mkdir(parents=True)
        (tmp_path / project / "modules/fit.py").write_text("def run_fn(fn_args): ...\n")
    relative = parts(tmp_path / "one", Trainer, module_file="modules/fit.py")
    absolute = parts(tmp_path / "two", Trainer, module_file=str(tmp_path / "two/modules/fit.py"))
    assert relative["module module_file"] == absolute["module module_file"]
    dotted = parts(tmp_path / "one", Trainer, run_fn="modules.fit.run_fn")["module run_fn"]
    assert dotted == f"run_fn@{relative['module module_file']}"
    (tmp_path / "one/modules/fit.py").write_text("def run_fn(fn_args): return 1\n")
    assert parts(tmp_path / "one", Trainer, module_file="modules/fit.py") != relative


def test_an_installed_function_counts_by_its_name(tmp_path: Path) -> None:
    assert parts(tmp_path, Trainer, run_fn="json.loads")["module run_fn"] == "run_fn:json.loads"


def test_keys_are_the_same_in_every_process_and_order() -> None:
    assert cache_key({"b": 1, "a": [1.5, "ü"]}) == cache_key({"a": [1.5, "ü"], "b": 1})
    assert cache_key({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_messages_and_floats_that_json_lacks_are_parts(tmp_path: Path) -> None:
    found = parts(tmp_path, Trainer, train_args=TrainArgs(num_steps=3), custom_config={"rate": float("nan")})
    assert found["parameter train_args"] == {"num_steps": 3}
    assert found["parameter custom_config"] == {"rate": {"$float": "NaN"}}
    assert len(cache_key(found)) == 64
