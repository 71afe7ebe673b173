# SPDX-License-Identifier: Apache-2.0
"""The notebook of the tutorials, executed as it stands in a copy of the project."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from notebooks import Shown, execute

PROJECT = Path(__file__).parents[3]
NOTEBOOK = PROJECT / "docs" / "tutorials" / "notebook.ipynb"

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    copy = tmp_path_factory.mktemp("project")
    for name in ("data", "modules", "pyproject.toml"):
        (copy / name).symlink_to(PROJECT / name)
    folder = copy / "docs" / "tutorials"
    folder.mkdir(parents=True)
    return execute(nbformat.read(NOTEBOOK, 4), folder)


def page_of(cells: list[Shown], title: str) -> str:
    """Returns the one page of that title."""
    (page,) = [page for cell in cells for page in cell.pages if f"<h1>{title}</h1>" in page]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main>")[2]))


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    assert all(
        not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell
    )


def test_every_component_runs(cells: list[Shown]) -> None:
    assert [cell.error for cell in cells if cell.error] == []
    assert "val_accuracy 0.8" in cells[6].words
    assert cells[-1].text == "'928 of 2400 deliveries were late'"


def test_statistics_schema_and_anomalies_are_shown(cells: list[Shown]) -> None:
    assert "distance_km" in page_of(cells, "Statistics")
    assert "depot , 6 values" in page_of(cells, "Schema")
    anomalies = page_of(cells, "Anomalies")
    assert "4 anomalies in drive_minutes, late, loading_minutes, vans" in anomalies
    assert "Column dropped" in anomalies


def test_examples_and_model_are_shown(cells: list[Shown]) -> None:
    assert "First rows of train" in page_of(cells, "Examples")
    assert "distance_km float32" in page_of(cells, "Model")


def test_evaluation_slices_and_predictions_are_shown(cells: list[Shown]) -> None:
    evaluation = page_of(cells, "Evaluation")
    assert "Blessed" in evaluation
    assert "depot=Harbour" in evaluation
    predictions = page_of(cells, "Predictions")
    assert "Predicted 360" in predictions
    assert "First rows" in predictions


def test_nothing_is_fetched_from_elsewhere(cells: list[Shown]) -> None:
    for cell in cells:
        assert not re.search(r'(src|href)="|@import|url\(', cell.markup)
