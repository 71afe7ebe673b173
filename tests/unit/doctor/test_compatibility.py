# SPDX-License-Identifier: Apache-2.0
"""TFX's names are here, or are explained; and the page that says so is of today."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

import penstock as tfx
from penstock.doctor.differences import REFUSED, ArgumentNote
from penstock.doctor.names import TfxName, modules, names, ours, verdict
from penstock.errors import PenstockError
from scripts import tfx_compatibility as script

PUBLIC = [name for name in names().values() if name.is_public]


@pytest.mark.parametrize("name", PUBLIC, ids=lambda name: name.path)
def test_a_public_name_of_tfx_resolves(name: TfxName) -> None:
    found: Any = tfx
    for part in ours(name.path).split(".")[1:]:
        found = getattr(found, part)
    assert found is getattr(importlib.import_module(ours(name.module)), name.name)
    assert found is getattr(importlib.import_module(f"penstock{name.module.removeprefix('tfx')}"), name.name)


def test_all_usable_names_of_the_public_api_are_known() -> None:
    assert len(PUBLIC) == 165
    outside_google_cloud = [name for name in PUBLIC if ".extensions." not in name.module]
    assert len(outside_google_cloud) == 144


def test_nothing_is_unexplained_and_nothing_explained_wrongly() -> None:
    assert list(script.problems()) == []


def test_the_page_is_what_the_script_writes() -> None:
    assert script.PAGE.read_text(encoding="utf-8") == script.page()


@pytest.mark.parametrize("module", sorted(m for m in modules() if not m.startswith("tfx.v1")))
def test_an_older_path_can_be_imported_from_unless_all_of_it_is_absent(module: str) -> None:
    if any(verdict(name).importable for name in modules()[module]):
        importlib.import_module(ours(module))
    else:
        with pytest.raises(LookupError):
            script.find(ours(modules()[module][0].path))


@pytest.mark.parametrize("path", sorted(key for key in REFUSED if key.rpartition(".")[2][0].isupper()))
def test_what_is_not_built_says_so_when_it_is_made(path: str) -> None:
    found = script.find(f"penstock.{path}")
    required = [p for p in inspect.signature(found).parameters.values() if p.default is p.empty]
    given = [None for p in required if p.kind is p.POSITIONAL_OR_KEYWORD]
    with pytest.raises(PenstockError, match="cannot be used") as caught:
        found(*given)
    assert caught.value.hint


def test_the_runner_for_airflow_says_so_too() -> None:
    from penstock.orchestration.airflow.airflow_dag_runner import AirflowDagRunner, AirflowPipelineConfig

    for made in (AirflowPipelineConfig, AirflowDagRunner):
        with pytest.raises(PenstockError, match=f"{made.__name__} cannot be used: it is not built yet"):
            made({})


def test_keys_of_google_cloud_are_text() -> None:
    for module in (
        "google_cloud_ai_platform",
        "google_cloud_ai_platform.experimental",
        "google_cloud_big_query",
    ):
        home = importlib.import_module(f"penstock.extensions.{module}")
        keys = [name.name for name in modules()[f"tfx.v1.extensions.{module}"] if name.name.endswith("_KEY")]
        assert keys
        assert all(isinstance(getattr(home, key), str) for key in keys)


def test_the_script_fails_where_a_name_is_neither_there_nor_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["script", "--check"])
    monkeypatch.setattr(tfx.components.Trainer, "__init__", lambda self, examples, schema: None)
    with pytest.raises(SystemExit):
        script.main()
    said = capsys.readouterr().err
    assert "tfx.v1.components.Trainer: module_file is not taken, and nothing explains it" in said
    assert "tfx.v1.components.Trainer: schema stands elsewhere, and nothing explains it" in said


@pytest.mark.parametrize(
    ("table", "key", "explanation", "message"),
    [
        ("ABSENT", "dsl.Cond", "Gone.", "tfx.v1.dsl.Cond: it is called absent, and is there"),
        ("DIFFERS", "dsl.Condd", "So.", "dsl.Condd: it is explained, and TFX has no such name"),
        (
            "ARGUMENTS",
            "dsl.Cond",
            {"predicat": ArgumentNote("x")},
            "dsl.Cond(predicat): it is explained, and TFX has no such argument, field or member",
        ),
    ],
)
def test_an_explanation_of_what_is_not_so_is_a_problem(
    table: str, key: str, explanation: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penstock.doctor import differences

    monkeypatch.setitem(getattr(differences, table), key, explanation)
    assert message in list(script.problems())


def test_an_absent_name_needs_an_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock.doctor import differences

    monkeypatch.delitem(differences.ABSENT, "utils.dsl_utils")
    assert (
        "tfx.utils.dsl_utils.csv_input: there is no module penstock.utils.dsl_utils, and nothing explains it"
        in list(script.problems())
    )


def test_arguments_are_compared_in_their_order() -> None:
    def ours_(first: int, third: int, second: int, *, last: int) -> None: ...

    found = dict(
        script.argument_mismatches(["first", "second", "third", "last", "more", "**kwargs"], ["new"], ours_)
    )
    assert found == {
        "second": "stands elsewhere",
        "third": "stands elsewhere",
        "last": "is taken by name alone",
        "more": "is not taken",
        "**kwargs": "is not taken",
        "new": "is not taken",
    }
