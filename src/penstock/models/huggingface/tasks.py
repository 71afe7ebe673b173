# SPDX-License-Identifier: Apache-2.0
"""The tasks of pipelines: which one a folder's model is for, what it takes, and which columns it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.models.outputs import columns_of_rows
from penstock.models.signature import TensorSpec

EMBEDDING = "feature-extraction"
TENSORS = "tensors"
"""No pipeline: the model itself, with tensors."""

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What a pipeline of a task takes and gives.

    Attributes:
        outputs: Its columns; empty where they depend on the model.
        columns: Makes them of what the pipeline returns, an entry per row.
        is_visual: Whether it takes encoded images instead of text.
        call: Arguments of a call where the user gives no others.
    """

    outputs: tuple[TensorSpec, ...]
    columns: Callable[[Sequence[Any]], Columns]
    is_visual: bool = False
    call: Mapping[str, Any] = field(default_factory=dict)

    @property
    def input_name(self) -> str:
        """Name of the column that it takes where the user names none."""
        return "image" if self.is_visual else "text"


def _classes(rows: Sequence[Any]) -> Columns:
    """Returns the best label and its score; with several labels a row, also all of them, best first."""
    if all(isinstance(row, Mapping) and isinstance(row.get("label"), str) for row in rows):
        return columns_of_rows([{"label": row["label"], "score": row["score"]} for row in rows])
    return columns_of_rows([_best(row) for row in rows])


def _best(row: Any) -> dict[str, Any]:
    if isinstance(row, Mapping):  # of zero-shot classification
        labels, scores = list(row["labels"]), list(row["scores"])
    else:
        labels, scores = [one["label"] for one in row], [one["score"] for one in row]
    return {"label": labels[0], "score": scores[0], "labels": labels, "scores": scores}


def _entities(rows: Sequence[Any]) -> Columns:
    return columns_of_rows([{"entities": [dict(one) for one in row]} for row in rows])


def _objects(rows: Sequence[Any]) -> Columns:
    return columns_of_rows([{"objects": [dict(one) for one in row]} for row in rows])


def _filled(rows: Sequence[Any]) -> Columns:
    best = [row[0] for row in rows]
    return columns_of_rows(
        [{"token": one["token_str"], "score": one["score"], "sequence": one["sequence"]} for one in best]
    )


def _first_of_each(rows: Sequence[Any]) -> Columns:
    """Returns the fields of each row's one answer, which most pipelines put into a list."""
    return columns_of_rows([row[0] if isinstance(row, list) and len(row) == 1 else row for row in rows])


def _text(name: str) -> TensorSpec:
    return TensorSpec(name, "string", (None,))


_LABEL = (_text("label"), TensorSpec("score", "float64", (None,)))
_TRUNCATED = {"truncation": True}

TASKS: dict[str, Task] = {
    "text-classification": Task(_LABEL, _classes, call=_TRUNCATED),
    "zero-shot-classification": Task((), _classes),
    "token-classification": Task((), _entities, call={"aggregation_strategy": "simple"}),
    "fill-mask": Task(
        (_text("token"), TensorSpec("score", "float64", (None,)), _text("sequence")),
        _filled,
        call={"top_k": 1, "tokenizer_kwargs": _TRUNCATED},
    ),
    "text-generation": Task((_text("generated_text"),), _first_of_each),
    "text2text-generation": Task((_text("generated_text"),), _first_of_each),
    "summarization": Task((_text("summary_text"),), _first_of_each),
    "translation": Task((_text("translation_text"),), _first_of_each),
    EMBEDDING: Task((TensorSpec("embedding", "float32", (None, None)),), columns_of_rows),
    "image-classification": Task((), _classes, is_visual=True),
    "object-detection": Task((), _objects, is_visual=True),
}
_ANY = Task((), _first_of_each)

ALIASES = {"sentiment-analysis": "text-classification", "ner": "token-classification"}

_BY_ARCHITECTURE = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForMaskedLM", "fill-mask"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("Model", EMBEDDING),
)

PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
TOKENIZER_FILES = ("tokenizer_config.json", "tokenizer.json", "vocab.txt", "vocab.json", "spiece.model")


def task_named(name: str) -> Task:
    """Returns what is known of a task; one that is not known takes text and gives what it gives."""
    return TASKS.get(ALIASES.get(name, name), _ANY)


def task_of(architectures: Sequence[str], names: Sequence[str]) -> str | None:
    """Returns the task of a folder's model, :data:`TENSORS` where nothing turns rows into tensors for it.

    Args:
        architectures: As its ``config.json`` names them.
        names: Names of the files in the folder.

    Returns:
        The task, or ``None`` where there may be several.
    """
    if not any(name in names for name in (*TOKENIZER_FILES, *PROCESSOR_FILES)):
        return TENSORS
    for ending, task in _BY_ARCHITECTURE:
        if any(architecture.endswith(ending) for architecture in architectures):
            visual = task_named(task).is_visual
            able = PROCESSOR_FILES if visual else TOKENIZER_FILES
            return task if any(name in names for name in able) else TENSORS
    return None
