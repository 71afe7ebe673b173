# SPDX-License-Identifier: Apache-2.0
"""Which task a folder is for, and the columns of each task's answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.models import describe
from penstock.models.huggingface.tasks import task_named, task_of

TEXT = ["config.json", "tokenizer.json"]


@pytest.mark.parametrize(
    ("architecture", "names", "expected"),
    [
        ("BertForSequenceClassification", TEXT, "text-classification"),
        ("BertForTokenClassification", TEXT, "token-classification"),
        ("RobertaForMaskedLM", TEXT, "fill-mask"),
        ("GPT2LMHeadModel", TEXT, "text-generation"),
        ("LlamaForCausalLM", TEXT, "text-generation"),
        ("BertModel", TEXT, "feature-extraction"),
        ("ViTForImageClassification", ["preprocessor_config.json"], "image-classification"),
        ("BertForSequenceClassification", ["config.json"], "tensors"),
        ("BertForNextSentencePrediction", TEXT, None),
    ],
)
def test_tasks(architecture: str, names: list[str], expected: str | None) -> None:
    assert task_of([architecture], names) == expected


def columns(task: str, rows: list[Any]) -> dict[str, Any]:
    found = task_named(task).columns(rows)
    return {
        name: values.to_pylist() if isinstance(values, pa.Array) else values.tolist()
        for name, values in found.items()
    }


def test_labels() -> None:
    cat, dog = {"label": "cat", "score": 0.75}, {"label": "dog", "score": 0.25}
    assert columns("sentiment-analysis", [cat, dog]) == {"label": ["cat", "dog"], "score": [0.75, 0.25]}
    assert columns("image-classification", [[cat, dog]]) == {
        "label": ["cat"], "score": [0.75], "labels": [["cat", "dog"]], "scores": [[0.75, 0.25]],
    }  # fmt: skip
    zero_shot = {"sequence": "x", "labels": ["dog", "cat"], "scores": [0.5, 0.5]}
    assert columns("zero-shot-classification", [zero_shot])["label"] == ["dog"]


def test_other_answers() -> None:
    entity = {"entity_group": "PER", "word": "Ada", "score": 0.5}
    assert columns("ner", [[entity], []]) == {"entities": [[entity], []]}
    mask = [{"token_str": "good", "token": 5, "score": 0.5, "sequence": "good film"}]
    assert columns("fill-mask", [mask]) == {"token": ["good"], "score": [0.5], "sequence": ["good film"]}
    assert columns("text-generation", [[{"generated_text": "a"}]]) == {"generated_text": ["a"]}
    assert columns("something-new", [{"answer": 1}]) == {"answer": [1]}


def test_a_folder_is_described_from_its_config(tmp_path: Path) -> None:
    config = {"architectures": ["BertModel"], "transformers_version": "5.0"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer_config.json").write_text("{}")
    info = describe(str(tmp_path))
    assert (info.flavor, info.library_version) == ("huggingface", "5.0")
    assert str(info.signature) == "serving_default(text: string[?]) -> (embedding: float32[?, ?])"

    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(DataError, match="config.json cannot be understood.*a list"):
        describe(str(tmp_path))
    (tmp_path / "config.json").unlink()
    with pytest.raises(DataError, match="no folder of a Hugging Face model"):
        describe(str(tmp_path))
