# SPDX-License-Identifier: Apache-2.0
"""The shipped pipelines in which models predict, through the command line, as a user runs them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

PROJECT = Path(__file__).parents[2]
DATA = PROJECT / "data"
pytest.importorskip("sklearn")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the runs of a test keep everything."""

    folder: Path

    def penstock(self, command: str, file: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        places = ("--pipeline-root", self.folder / "root", "--metadata", self.folder / "m.db")
        return subprocess.run(
            [sys.executable, "-m", "penstock", command, file, *map(str, (*places, *arguments))],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=600,
        )

    def run(self, pipeline: str, **parameters: object) -> Any:
        """Runs a pipeline and returns its summary."""
        given = {"results": self.folder / "results", **parameters}
        written = [part for name, value in given.items() for part in ("--param", f"{name}={value}")]
        done = self.penstock("run", f"pipelines/{pipeline}.py", "--json", *written)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def infer(self, graph: str) -> list[dict[str, Any]]:
        """Runs a shipped graph in YAML on the models that a pipeline has made here, and returns its results."""
        done = self.penstock("infer", f"configs/inference/{graph}.yaml", "--json", "--run-id", "infer")
        assert done.returncode == 0, done.stderr
        return result_table(self.folder / "root", f"infer_{graph}")

    def rows(self, folder: str = "results") -> list[dict[str, str]]:
        """Returns the rows of the CSV files."""
        found: list[dict[str, str]] = []
        for path in sorted((self.folder / folder).glob("*.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                found += csv.DictReader(file)
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def details(run: Any) -> dict[str, str]:
    return {node["node_id"]: f"{node['state']} {node.get('summary', '')}" for node in run["nodes"]}


def given(*patterns: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for pattern in patterns:
        for path in sorted(DATA.glob(pattern)):
            with path.open(newline="", encoding="utf-8") as file:
                rows += csv.DictReader(file)
    return rows


def test_ab_comparison_of_two_models_on_all_rows(place: Place) -> None:
    run = place.run("ab_comparison")
    houses, rows = given("houses/new/*.csv"), place.rows()
    assert [row["house"] for row in rows] == [house["house"] for house in houses]
    winners: Counter[str] = Counter()
    for row in rows:
        price, errors = float(row["price"]), {}
        for model in ("linear", "boosted"):
            errors[model] = abs(float(row[f"{model}_error"]))
            assert float(row[f"{model}_estimate"]) - price == pytest.approx(
                float(row[f"{model}_error"]), abs=0.06
            )
        if abs(errors["linear"] - errors["boosted"]) > 0.1:
            assert row["winner"] == min(errors, key=lambda model: errors[model])
        winners[row["winner"]] += 1
    assert winners["boosted"] > 1.5 * winners["linear"] > 0
    board = details(run)["Scoreboard"]
    assert board.startswith("ran boosted: mean error ")
    assert f"wins {winners['boosted']}; linear" in board


def test_ab_comparison_shares_the_rows_out_and_the_yaml_says_the_same(place: Place) -> None:
    run = place.run("ab_comparison", share=30)
    rows = place.rows()
    assert len(rows) == 400
    by_model = {
        model: {r["house"] for r in rows if r[f"{model}_estimate"]} for model in ("linear", "boosted")
    }
    assert not by_model["linear"] & by_model["boosted"]
    assert sum(map(len, by_model.values())) == 400
    assert 85 < len(by_model["linear"]) < 155
    assert {row["winner"] for row in rows} == {""}
    assert "linear: mean error" in details(run)["Scoreboard"]

    # The graph in YAML takes the models that this pipeline has made, and has both estimate all houses.
    found = place.infer("ab_comparison")
    assert {row["house"] for row in found} == {row["house"] for row in rows}
    for row in rows:
        (model,) = (model for model in by_model if row["house"] in by_model[model])
        (other,) = (other for other in found if other["house"] == row["house"])
        assert other[f"{model}_estimate"] == pytest.approx(float(row[f"{model}_estimate"]))


def result_table(root: Path, pipeline: str) -> list[dict[str, Any]]:
    """Returns the rows of the only inference result under a root."""
    folders = {path.parent for path in root.glob("**/inference_result/*/*.parquet")}
    newest = max(folders, key=lambda folder: int(folder.name))
    rows: list[dict[str, Any]] = pq.read_table(newest).to_pylist()
    return rows


def as_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[str]]:
    """Returns some columns of rows as CSV has them."""
    return [
        [f"{float(v):g}" if _is_number(v) else str(v) for v in (row[name] for name in columns)]
        for row in rows
    ]


def _is_number(value: object) -> bool:
    return str(value).replace(".", "", 1).isdigit()


def test_model_chain_feeds_one_model_with_another_and_a_database(place: Place) -> None:
    place.run("model_chain")
    deliveries, rows = given("deliveries/today/*.csv"), place.rows()
    assert [row["delivery"] for row in rows] == [delivery["delivery"] for delivery in deliveries]
    loading = {
        "Harbour": 14,
        "Mill Lane": 22,
        "North Gate": 9,
        "Orchard Road": 18,
        "Station": 11,
        "West Park": 28,
    }
    needed, promised = [], []
    for row in rows:
        assert int(row["loading_minutes"]) == loading[row["depot"]]
        percent = float(row["late_percent"])
        assert percent == 50 or row["late"] == str(int(percent > 50))
        needed.append(int(row["drive_minutes"]) + int(row["loading_minutes"]))
        promised.append(int(row["promised_minutes"]))
    late = np.array([row["late"] == "1" for row in rows])
    in_time = np.array(promised) - np.array(needed)
    assert late[in_time < -10].all()
    assert not late[in_time > 15].any()

    chosen = ("delivery", "depot", "drive_minutes", "loading_minutes", "late", "late_percent")
    assert as_text(place.infer("model_chain"), chosen) == as_text(rows, chosen)


def test_a_delivery_from_an_unknown_depot_fails_alone(place: Place) -> None:
    today = place.folder / "today"
    today.mkdir()
    rows = ["D1,Station,5,1,7,0,60", "D2,Nowhere,5,1,7,0,60", "D3,Harbour,5,1,7,0,60"]
    header = "delivery,depot,distance_km,stops,hour,rain,promised_minutes"
    (today / "07.csv").write_text("\n".join([header, *rows]) + "\n")
    place.run("model_chain", today=today, max_failed_fraction=0.5)
    assert [row["delivery"] for row in place.rows()] == ["D1", "D3"]
    (dead,) = (place.folder / "root").glob("**/dead_letters/*/*.parquet")
    (row,) = pq.read_table(dead).to_pylist()
    assert (row["key"], row["step"], row["stage"]) == ("D2", "depot", "lookup")


def test_ensemble_vote_of_three_libraries(place: Place) -> None:
    pytest.importorskip("xgboost")
    pytest.importorskip("onnxruntime")
    place.run("ensemble_vote")
    rows = place.rows()
    assert len(rows) == 360
    disagreements = 0
    for row in rows:
        votes = [int(row[f"{voter}_late"]) for voter in ("forest", "boosted", "portable")]
        assert int(row["late"]) == int(sum(votes) >= 2)
        disagreements += len(set(votes)) > 1
    assert 0 < disagreements < 120

    chosen = ("delivery", "depot", "forest_late", "boosted_late", "portable_late", "late")
    assert as_text(place.infer("ensemble_vote"), chosen) == as_text(rows, chosen)


@pytest.mark.pytorch
def test_five_times_table(place: Place) -> None:
    pytest.importorskip("torch")
    run = place.run("five_times_table")
    assert all(text.startswith("ran") for text in details(run).values())
    (file,) = (place.folder / "results").glob("*.jsonl")
    lines = file.read_text().splitlines()
    assert [line.replace(" ", "") for line in lines[:3]] == [
        '{"x":20,"five_times":100.0}',
        '{"x":30,"five_times":150.0}',
        '{"x":40,"five_times":200.0}',
    ]
    assert [json.loads(line)["five_times"] for line in lines] == [5.0 * x for x in range(20, 210, 10)]


@pytest.mark.pytorch
def test_image_segmentation(place: Place, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    image = pytest.importorskip("PIL.Image")
    from modules.shapes.drawing import draw
    from modules.shapes.pictures import COLORS

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for path in (DATA / "shapes" / "pictures").glob("*.png"):
        (pictures / path.name).write_bytes(path.read_bytes())
    (pictures / "broken.png").write_bytes(b"no picture")
    run = place.run("image_segmentation", pictures=f"{pictures}/*.png")
    assert "12 rows" in details(run)["PictureFolder"] or run["nodes"][-1]["rows"] == 12

    table = pq.read_table(place.folder / "results")
    assert str(table.schema.field("predictions").type) == (
        "list<item: struct<label: string, score: double, box: list<item: double>>>"
    )
    drawn = {f"picture-{number}.png": draw(number).shapes for number in range(1001, 1013)}
    right = total = 0
    for row in table.to_pylist():
        shapes = drawn.pop(Path(row["file"]).name)
        total += len(shapes)
        for found in row["predictions"]:
            near = [s for s in shapes if np.abs(np.array(s.box) - np.array(found["box"])).max() < 4]
            right += bool(near) and near[0].label == found["label"]
    assert not drawn
    assert right > 0.85 * total

    (dead,) = (place.folder / "root").glob("**/dead_letters/*/*.parquet")
    (row,) = pq.read_table(dead).to_pylist()
    assert row["stage"] == "preprocess"
    assert row["key"].endswith("broken.png")
    annotated = sorted((place.folder / "root").glob("PictureFolder/pictures/*/*.png"))
    assert len(annotated) == 12
    colors = {color for path in annotated for _, color in image.open(path).convert("RGB").getcolors(1 << 24)}
    assert set(COLORS.values()) <= colors


@pytest.mark.pytorch
def test_image_segmentation_shows_the_schema_of_a_bigquery_table(place: Place) -> None:
    pytest.importorskip("torch")
    run = place.run("image_segmentation", sink="bigquery:project:pictures.shapes", dry_run=True, epochs=1)
    assert details(run)["GraphInferrer"].startswith("ran")
    log = "".join(path.read_text() for path in (place.folder / "root").glob("**/GraphInferrer.log"))
    assert '"RECORD"' in log
    assert '"REPEATED"' in log
