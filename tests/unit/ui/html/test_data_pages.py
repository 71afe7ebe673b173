# SPDX-License-Identifier: Apache-2.0
"""The pages of examples, of models, and of every artifact whose type has no page of its own."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing, PushedModel
from penstock.ui.html import render
from penstock.ui.html.frame import framed
from penstock.ui.html.numbers import TIMES


def text_of(page: str) -> str:
    body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)))


def examples(folder: Path, **custom: Any) -> Examples:
    for split, rows in (("train", 12), ("eval", 2)):
        (folder / f"Split-{split}").mkdir(parents=True)
        table = pa.table(
            {
                "fare": [1.5] * rows,
                "chances": [[1 / 3, 2.0]] * rows,
                "company": ["<b>Flash</b>"] * rows,
                "blob": [b"\xff" * 7, None] * (rows // 2),
            }
        )
        pq.write_table(table, folder / f"Split-{split}" / "data-00000-of-00001.parquet")
    made = Examples(str(folder), id=7, custom_properties=custom)
    made.set_splits(["train", "eval"])
    return made


def test_examples_are_shown_by_split_with_their_first_rows(tmp_path: Path) -> None:
    custom = {"rows": {"eval": 2, "train": 12000}, "bytes": {"train": 2048}, "span": 3}
    page = render(examples(tmp_path / "e", file_format="parquet", **custom))
    text = text_of(page)
    assert "train rows 12,000 2.0 KiB" in text
    assert "eval rows 2 features 4" in text
    assert text.index("First rows of train") < text.index("First rows of eval")
    assert "span 3" in text
    assert re.search(r"Feature Type fare double chances list<\w+: double> company string blob binary", text)
    assert text.count("First rows of") == 2
    assert text.count("<b>Flash</b>") == 10 + 2  # escaped: text, not markup
    assert "(7 bytes)" in text
    assert "[0.333333, 2]" in text
    assert "<b>Flash" not in page


def test_a_folder_without_examples_is_said_to_hold_none(tmp_path: Path) -> None:
    assert "holds no examples" in text_of(render(Examples(str(tmp_path), id=1)))


def model(cls: type[Artifact], folder: Path, **custom: Any) -> Artifact:
    (folder / "Format-Serving").mkdir(parents=True)
    (folder / "Format-Serving" / "saved_model.pb").write_bytes(b"x" * 1536)
    return cls(str(folder), id=9, custom_properties=custom)


def test_a_model_is_told_without_being_loaded(tmp_path: Path) -> None:
    tensors = {"inputs": [{"name": "x", "dtype": "float32", "shape": [None, 3]}], "outputs": []}
    custom = {
        "flavor": "keras",
        "library_version": "2.16.2",
        "classes": ["yes", "no"],
        "metrics": {"val_loss": 0.25},
    }
    made = model(
        Model, tmp_path / "m", signatures=[{"name": "serving_default", **tensors}], author="Ann", **custom
    )
    text = text_of(render(made))
    assert "Model 9 keras version 2.16.2" in text
    assert "val_loss 0.25" in text
    assert f"Signature serving_default Takes Type Shape x float32 any {TIMES} 3" in text
    assert "Gives: nothing that is recorded" in text
    assert "Classes yes no" in text
    assert "author Ann" in text
    assert "Format-Serving/saved_model.pb 1.5 KiB" in text


def test_a_model_of_no_known_framework_still_has_a_page(tmp_path: Path) -> None:
    text = text_of(render(model(PushedModel, tmp_path / "m", pushed=1)))
    assert "Pushed model" in text
    assert "of no known framework" in text
    assert "pushed 1" in text


def test_any_other_artifact_is_shown_with_its_properties_and_files(tmp_path: Path) -> None:
    (tmp_path / "BLESSED").touch()
    made = ModelBlessing(str(tmp_path), id=4, custom_properties={"blessed": 1, "__secret__": 2})
    text = text_of(render(made))
    assert "ModelBlessing 4" in text
    assert "blessed 1" in text
    assert "BLESSED 0 bytes" in text
    assert "__secret__" not in text


def test_files_that_are_gone_are_said_to_be_gone(tmp_path: Path) -> None:
    assert "files are not there" in text_of(render(ModelBlessing(str(tmp_path / "gone"), id=4)))


def test_a_framed_page_is_one_attribute_that_nothing_can_leave(tmp_path: Path) -> None:
    frame = framed(render(examples(tmp_path / "e")), 'Examples "7"')
    assert re.fullmatch(r"<iframe [^<>]*></iframe>", re.sub(r'srcdoc="[^"]*"', "", frame))
    assert 'sandbox="allow-scripts"' in frame
    (inside,) = re.findall(r'srcdoc="([^"]*)"', frame)
    assert html.unescape(inside) == render(examples_again(tmp_path / "e"))


def examples_again(folder: Path) -> Examples:
    made = Examples(str(folder), id=7)
    made.set_splits(["train", "eval"])
    return made
