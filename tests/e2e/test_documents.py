# SPDX-License-Identifier: Apache-2.0
"""Follows the documents to the letter: writes the files that they show, types the commands, in order."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from documents import PROJECT, follow, prepare

DOCS = PROJECT / "docs"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return prepare(tmp_path)


@pytest.mark.tensorflow
def test_the_readmes_example(project: Path) -> None:
    ran, made = follow(PROJECT / "README.md", project, "## Thirty lines")
    assert "pushed to " in ran
    assert made.startswith("made fares in ")
    assert list((project / ".penstock" / "serving" / "big_tips").glob("*/saved_model.pb"))


@pytest.mark.tensorflow
def test_the_tutorial(project: Path) -> None:
    printed = follow(DOCS / "tutorials" / "first-pipeline.md", project)
    first, second, third = (text for text in printed if "COMPLETE in" in text and "\nlogs:" not in text)
    assert states(first) == {"CsvExampleGen": "ran", "StatisticsGen": "ran", "SchemaGen": "ran"}
    data = {"CsvExampleGen": "cached", "StatisticsGen": "cached", "SchemaGen": "cached"}
    assert states(second) == states(third) == data | {"Transform": "ran", "Trainer": "ran", "Pusher": "ran"}
    assert "<html" in (project / "statistics.html").read_text().lower()
    assert "data/taxi/span-1/trips.csv" in next(text for text in printed if text.startswith("PushedModel"))
    assert sum("the user's code in module_file differs" in text for text in printed) == 2
    assert printed[-1].startswith("{'probability': <tf.Tensor: shape=(1, 1), dtype=float32")


def test_how_to_write_a_component_and_read_examples(project: Path) -> None:
    counted, sampled, sample, fine, _, skipped, report = follow(
        DOCS / "how-to" / "write-a-component.md", project
    )
    assert states(counted) == {"CsvExampleGen": "ran", "count_rows": "ran", "check_rows": "ran"}
    assert states(sampled) == {"CsvExampleGen": "ran", "RowSampler": "ran"}
    assert "rows: 5" in sample
    assert states(fine) == {"CsvExampleGen": "ran", "RowCheck": "ran"}
    assert states(skipped) == {"CsvExampleGen": "cached", "RowCheck": "skipped"}
    assert 'rows: {"eval": ' in report
    (looked,) = follow(DOCS / "how-to" / "examples-format.md", project)
    assert "Credit Card" in looked
    assert "rows; 1000 at a time" in looked


@pytest.mark.tensorflow
def test_how_to_test_your_code(project: Path) -> None:
    modules, components = follow(DOCS / "how-to" / "test-your-code.md", project)
    assert "2 passed" in modules
    assert "3 passed" in components


@pytest.mark.tensorflow
def test_how_to_infer(project: Path) -> None:
    printed = follow(DOCS / "how-to" / "inference.md", project)
    trained, checked, nightly, row, result, lineage, failed, dead, borne, *_, frame, again = printed
    assert "Evaluator: model 2 is blessed" in trained
    assert "CREATE TABLE late_deliveries" in checked
    assert states(nightly)["GraphInferrer"] == states(borne)["GraphInferrer"] == "ran"
    assert row.startswith("('D02401', 'West Park', 7, 45, ")
    assert "360" in result
    assert "data/deliveries/history/deliveries.csv" in lineage
    assert "2 of 4 rows failed" in failed
    assert "distance_km is missing" in dead
    assert "distance_km is negative" in dead
    assert "D02401" in frame
    assert "Evaluator: model" in again
    with sqlite3.connect(project / ".penstock" / "planning.db") as connection:
        keys = [
            key for (key,) in connection.execute("select delivery from late_deliveries order by delivery")
        ]
    assert keys[0] == "D02401"
    assert keys[-2:] == ["D90001", "D90004"]
    assert len(keys) == 362


def states(text: str) -> dict[str, str]:
    """Returns the state of each node from the table at a run's end."""
    table = text.partition("\nnode ")[2].partition("\n\n")[0].splitlines()[1:]
    return {words[0]: words[1] for words in map(str.split, table)}
