# SPDX-License-Identifier: Apache-2.0
"""runs, show, lineage and explain-cache, on a store with a few runs."""

from __future__ import annotations

from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages


@pytest.fixture
def history(project: Project) -> Project:
    project.run("--run-id", "one")
    project.run("--run-id", "two", "--param", "first=5")
    project.run("--run-id", "three", "--param", "first=5", "--param", "behaviour=raise")
    return project


def test_runs_lists_the_latest_first(history: Project) -> None:
    ended = history("runs")
    rows = [line.split() for line in ended.out.splitlines()]
    assert [row[:3] for row in rows[1:]] == [
        ["three", "flow", "FAILED"],
        ["two", "flow", "COMPLETE"],
        ["one", "flow", "COMPLETE"],
    ]
    assert "1 cached, 1 failed, 1 not run" in ended.out
    assert [run["run_id"] for run in history("runs", "--json", "--limit", 2).json] == ["three", "two"]
    assert [run["run_id"] for run in history("runs", "pipelines/flow.py", "--json").json] == [
        "three",
        "two",
        "one",
    ]
    assert history("runs", "--pipeline", "other").out == "no runs yet\n"


def test_a_store_is_found_from_below_the_project_and_by_name(
    history: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.root / "pipelines")
    assert history("show", "one").code == 0
    monkeypatch.chdir("/")
    assert history("show", "one", "--metadata", history.root / ".penstock/metadata.db").code == 0
    assert history("show", "one", "--file", history.root / "pipelines/flow.py").code == 0


def test_without_a_store_there_is_one_clear_error_and_none_is_made(project: Project) -> None:
    for command in (["runs"], ["show", "x"], ["lineage", "1"], ["explain-cache", "x", "y"]):
        ended = project(*command)
        assert ended.code == 2
        assert ended.err.startswith(f"error: there is no metadata store {project.root}/.penstock/metadata.db")
    assert not (project.root / ".penstock").exists()


def test_a_file_that_is_no_store_is_refused(project: Project) -> None:
    path = project.write("notes.db", "these are notes")
    ended = project("runs", "--metadata", path)
    assert ended.code == 1
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err


def test_show_tells_a_run_with_its_failures(history: Project) -> None:
    ended = history("show", "latest")
    assert ended.code == 0
    assert "flow run three: FAILED" in ended.out
    assert "error: b: NumberExecutor.execute raised ValueError: the number is cursed" in ended.out
    assert "behaviour  raise" in ended.out
    told = history("show", "two", "--json").json
    assert [node["state"] for node in told["nodes"]] == ["ran", "cached", "ran"]
    assert [artifact["output"] for artifact in told["artifacts"]] == ["number", "number", "total"]


@pytest.mark.parametrize("reference", ["ab.total", "{id}", "{uri}", "{uri}/value"])
def test_show_finds_an_artifact_by_output_id_and_uri(history: Project, reference: str) -> None:
    known = history("show", "two", "--json").json["artifacts"][-1]
    ended = history("show", reference.format(**known), "--json")
    assert ended.code == 0
    assert (ended.json["id"], ended.json["custom_properties"]["value"]) == (known["id"], 25)
    assert ended.json["producer"]["run_id"] == "two"


def test_an_output_can_be_taken_of_another_run(history: Project) -> None:
    assert history("show", "ab.total", "--run", "one", "--json").json["custom_properties"]["value"] == 21
    text = history("show", "ab.total").out
    assert "made by: ab of flow, run two" in text
    assert "value  2 bytes" in text


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("tow", "'tow' names neither a run nor an artifact"),
        ("999", "there is no artifact 999"),
        ("ab.totl", "ab of run two has no output 'totl'\n  what to do: did you mean 'total'?"),
        ("abb.total", "the 3 latest runs had no node 'abb'\n  what to do: did you mean 'ab'?"),
        ("/nowhere/at/all", "no artifact has the URI /nowhere/at/all"),
    ],
)
def test_what_does_not_exist_is_named(history: Project, reference: str, message: str) -> None:
    ended = history("show", reference)
    assert ended.code == 2
    assert ended.err.startswith(f"error: {message}")


def test_lineage_goes_back_to_the_first_step_and_forwards(history: Project) -> None:
    out = history("lineage", "ab.total").out
    assert "  with    a: value = 5" in out
    assert "  code    ab: light.component.Add  sha256 " in out
    assert out.partition("step by step\n")[2].splitlines() == [
        "Integer 5",
        "└─ made by ab (execution 6, run two)",
        "   ├─ numbers: Integer 4",
        "   │  └─ made by a (execution 4, run two)",
        "   └─ numbers: Integer 2",
        "      └─ made by b (execution 2, run one)",
    ]
    forwards = history("lineage", "b.number", "--run", "one", "--direction", "down").out
    assert forwards.splitlines() == [
        "used for",
        "Integer 2",
        "├─ numbers of ab (execution 3, run one)",
        "│  └─ total: Integer 3",
        "└─ numbers of ab (execution 6, run two)",
        "   └─ total: Integer 5",
    ]
    both = history("lineage", "a.number", "--direction", "both", "--json").json
    assert {edge["kind"] for edge in both["up"]["edges"]} == {"output"}
    assert {artifact["type"] for artifact in both["down"]["artifacts"]} == {"Integer"}
    assert history("lineage", "ab.total", "--direction", "down").out.startswith(
        "nothing was made from Integer"
    )


def test_explain_cache_says_what_differed(history: Project) -> None:
    assert history("explain-cache", "two", "a").out.splitlines() == [
        "a in run two: ran, execution 4",
        "compared with execution 1 of run one:",
        "  parameter value differs",
        "    before: 1",
        "    now:    5",
    ]
    against = history("explain-cache", "three", "a", "--against", "one", "--json").json
    assert against["differences"] == [{"part": "parameter value", "before": 1, "after": 5}]
    nothing = history("explain-cache", "one", "ab", "--against", "three")
    assert (nothing.code, "ab did not run in run three" in nothing.err) == (2, True)
    assert "the content of input numbers differs" in history("explain-cache", "two", "ab").out
    cached = history("explain-cache", "two", "b")
    assert "nothing differs, so its result was reused" in cached.out
    assert "no execution of this node before it was published" in history("explain-cache", "one", "a").out
    failed = history("explain-cache", "three", "b", "--json").json
    assert failed["differences"] == [{"part": "parameter behaviour", "before": "", "after": "raise"}]
    assert "it did not come to asking the cache" in history("explain-cache", "three", "ab").out
    assert history("explain-cache", "two", "c").err.startswith("error: run two has no node 'c'")


def test_explain_cache_knows_when_the_cache_is_off_or_files_are_gone(history: Project) -> None:
    source = (history.root / "pipelines/flow.py").read_text()
    off = history.write("pipelines/off.py", source.replace("enable_cache=True", "enable_cache=False"))
    history.run("--run-id", "off", "--param", "first=5", flow=off)
    assert "nothing differs, but the cache is off for this node" in history("explain-cache", "off", "a").out
    import shutil

    shutil.rmtree(history.root / ".penstock/pipelines/flow/a")
    history.run("--run-id", "gone", "--param", "first=5")
    shutil.rmtree(history.root / ".penstock/pipelines/flow/a")
    history.run("--run-id", "again", "--param", "first=5")
    explained = history("explain-cache", "again", "a").out
    assert ": ran, " in explained.splitlines()[0]
    assert "nothing differs, but what that one made is no longer there" in explained


LOOP = '''
"""A number made of each of two."""
from light.component import Number
from penstock.dsl import Pipeline
from penstock.dsl.control_flow.for_each import ForEach
from penstock.types.channel_utils import union


def create_pipeline(value: int = 5):
    numbers = [Number(n).with_id(f"n{n}") for n in (1, 2)]
    with ForEach(union([n.outputs["number"] for n in numbers])) as number:
        made = Number(value, after=number).with_id("made")
    return Pipeline("loop", components=[*numbers, made], enable_cache=True)
'''


@pytest.fixture
def loop(project: Project) -> Project:
    project.write("pipelines/loop.py", LOOP)
    project.run("--run-id", "one", flow="pipelines/loop.py")
    project.run("--run-id", "two", "--param", "value=6", flow="pipelines/loop.py")
    return project


def test_what_an_item_of_a_loop_has_put_out_is_named_as_the_runs_page_names_it(loop: Project) -> None:
    assert "made[1].number" in loop("show", "two").out
    artifacts = loop("show", "two", "--json").json["artifacts"]
    second = next(a["id"] for a in artifacts if (a["node_id"], a["item"]) == ("made", "1"))
    assert loop("show", "made[1].number", "--json").json["id"] == second
    assert f"Integer {second}\n" in loop("lineage", "made[1].number").out
    whole = loop("lineage", "made.number")
    assert (whole.code, whole.err.splitlines()) == (
        2,
        ["error: made ran for 2 items of a loop", "  what to do: name one, as made[0]"],
    )
    missing = loop("show", "made[7].number")
    assert (missing.code, "the 2 latest runs had no node 'made[7]'" in missing.err) == (2, True)


def test_an_item_is_compared_with_the_same_item_before(loop: Project) -> None:
    for item in ("made[0]", "made[1]"):
        told = loop("explain-cache", "two", item, "--json").json
        assert told["compared_with_run"] == "one"
        assert [difference["part"] for difference in told["differences"]] == ["parameter value"]
    assert "no execution of this node before it" in loop("explain-cache", "one", "made[1]").out
    whole = loop("explain-cache", "two", "made")
    assert (whole.code, "name one, as made[0]" in whole.err) == (2, True)
