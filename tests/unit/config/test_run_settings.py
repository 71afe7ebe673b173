# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from penstock.config.run_settings import RunSettings, load_run_settings
from penstock.config.yaml_file import Entry
from penstock.errors import UsageError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def plain(settings: RunSettings) -> dict[str, object]:
    return {name: entry.plain for name, entry in settings.parameters.items()}


def test_an_environment_lies_over_the_base_key_by_key(tmp_path: Path) -> None:
    write(
        tmp_path / "configs/base/taxi.yaml",
        "parameters:\n  steps: 10\n  nested: {a: 1, b: 2}\nrunner: local\nmax_workers: 2\n",
    )
    overlay = write(
        tmp_path / "configs/prod/taxi.yaml", "parameters:\n  steps: 1000\n  nested: {b: 3}\nrunner: beam\n"
    )
    settings = load_run_settings(overlay)
    assert plain(settings) == {"steps": 1000, "nested": {"a": 1, "b": 3}}
    assert (settings.runner, settings.max_workers) == ("beam", 2)
    assert settings.parameters["steps"].place == f"{overlay}:2"


def test_a_base_and_a_file_on_its_own_stand_for_themselves(tmp_path: Path) -> None:
    base = write(tmp_path / "configs/base/taxi.yaml", "max_workers: 3\n")
    alone = write(
        tmp_path / "elsewhere.yaml", "in_process: true\nbeam_orchestrator_args: [--runner=X, --y=1]\n"
    )
    assert load_run_settings(base).max_workers == 3
    assert load_run_settings(alone) == RunSettings(
        in_process=True, beam_orchestrator_args=load_run_settings(alone).beam_orchestrator_args
    )
    assert load_run_settings(alone).beam_orchestrator_args == ("--runner=X", "--y=1")
    assert load_run_settings(write(tmp_path / "empty.yaml", "")) == RunSettings()


def test_anchors_and_merges_are_followed_and_own_keys_win(tmp_path: Path) -> None:
    text = "parameters:\n  common: &c {a: 1, b: 2}\n  mine: {<<: *c, b: 3}\n"
    settings = load_run_settings(write(tmp_path / "a.yaml", text))
    assert plain(settings)["mine"] == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "runner: local\nmax_worker: 2\n",
            r"a\.yaml:2: 'max_worker' is not a setting.*did you mean 'max_workers'",
        ),
        ("max_workers: two\n", r"a\.yaml:1: max_workers has the wrong value.*a whole number.*'two'"),
        ("max_workers: true\n", r"a\.yaml:1: max_workers has the wrong value.*a whole number.*True"),
        ("\nmax_workers: 0\n", r"a\.yaml:2: max_workers must be at least 1"),
        ("runner: spark\n", r"a\.yaml:1: runner has the wrong value.*'local' or 'beam'.*'spark'"),
        ("parameters: 3\n", r"a\.yaml:1: parameters has the wrong value.*a mapping"),
        ("beam_orchestrator_args: --x\n", r"a\.yaml:1: beam_orchestrator_args has the wrong value.*a list"),
        ("- a\n", r"a\.yaml:1: a configuration must be a mapping"),
        ("runner: local\nrunner: beam\n", r"a\.yaml:2: 'runner' is written twice"),
        ("parameters:\n  day: 2026-11-21\n", r"a\.yaml:2: a value is read as date.*put text into quotes"),
        ("parameters: {a: 1\n", r"a\.yaml:2: this is not YAML"),
        ("a: !!python/object:os.system {}\n", r"a\.yaml:1: 'a' is not a setting"),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_run_settings(write(tmp_path / "a.yaml", text))
    assert __import__("re").search(message, str(caught.value)), str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the configuration .*none\.yaml cannot be read"):
        load_run_settings(tmp_path / "none.yaml")


def test_an_entry_gives_back_plain_values() -> None:
    assert Entry((Entry(1, "f:1"), Entry({"a": Entry(None, "f:2")}, "f:2")), "f:1").plain == [1, {"a": None}]
