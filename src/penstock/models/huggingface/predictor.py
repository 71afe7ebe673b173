# SPDX-License-Identifier: Apache-2.0
"""Predicts rows of text or images with a Transformers pipeline."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from penstock.errors import DataError
from penstock.models.columns import dense_column, text_column
from penstock.models.huggingface.tasks import EMBEDDING, task_named
from penstock.models.of_one_signature import OneSignature
from penstock.models.refusal import first_line
from penstock.models.signature import Signature, TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa

INNER_ROWS = 32
"""Rows in one pass through the network, where the user says nothing: texts are padded to the longest of them."""


class PipelinePredictor(OneSignature):
    """A pipeline.

    Args:
        pipeline: What ``transformers.pipeline`` returned.
        signature: What it takes and gives.
        call: Arguments of a call.
        inner_rows: Rows in one pass through the network.
    """

    def __init__(self, pipeline: Any, signature: Signature, call: Mapping[str, Any], inner_rows: int) -> None:
        model = pipeline.model
        parts = (*model.parameters(), *model.buffers())
        size_bytes = sum(part.numel() * part.element_size() for part in parts)
        super().__init__(signature, str(pipeline.device), size_bytes)
        self._pipeline = pipeline
        self._task = task_named(pipeline.task)
        self._call = {**self._task.call, **call}
        self._inner_rows = inner_rows

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Returns a NumPy or Arrow array per output, rows first; see ``penstock.models.Predictor``."""
        spec = self._taken(batch)
        rows = _images(batch, spec) if self._task.is_visual else list(text_column(batch, spec))
        if not rows:
            return {output.name: [] for output in self._signature.outputs}
        # Texts of about one length together, so that little is padded.
        order = (
            range(len(rows))
            if self._task.is_visual
            else sorted(range(len(rows)), key=lambda at: len(rows[at]))
        )
        try:
            with torch.inference_mode():
                answers = self._answers([rows[at] for at in order])
        except Exception as error:
            raise DataError(
                f"the pipeline for {self._pipeline.task} refused the rows",
                input=spec.name,
                got=f"{type(error).__name__}: {first_line(error)}",
            ) from error
        if len(answers) != len(rows):
            raise DataError(
                f"the pipeline for {self._pipeline.task} has not given an answer for each row",
                expected=f"{len(rows)} answers",
                got=f"{len(answers)}",
            )
        placed: list[Any] = [None] * len(rows)
        for at, answer in zip(order, answers, strict=True):
            placed[at] = answer
        return self._task.columns(placed)

    def _answers(self, rows: Sequence[Any]) -> Sequence[Any]:
        if self._pipeline.task == EMBEDDING:
            return self._embeddings(rows)
        given: Sequence[Any] = self._pipeline(rows, batch_size=min(self._inner_rows, len(rows)), **self._call)
        return given

    def _embeddings(self, texts: Sequence[str]) -> Sequence[Any]:
        """Returns the mean of the last layer's vectors over a text's tokens, those of padding left out."""
        embeddings: list[dict[str, Any]] = []
        for start in range(0, len(texts), self._inner_rows):
            part = list(texts[start : start + self._inner_rows])
            tokens = self._pipeline.tokenizer(part, padding=True, truncation=True, return_tensors="pt")
            tokens = tokens.to(self._pipeline.device)
            vectors = self._pipeline.model(**tokens).last_hidden_state.float()
            mask = tokens["attention_mask"].unsqueeze(-1).to(vectors.dtype)
            means = (vectors * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
            embeddings.extend({"embedding": mean} for mean in means.cpu().numpy())
        return embeddings

    def _taken(self, batch: pa.RecordBatch) -> TensorSpec:
        """Returns the input; under the name of the batch's one column where it has not the usual one."""
        spec = self._signature.inputs[0]
        names = batch.schema.names
        if spec.name not in names and len(names) == 1:
            return TensorSpec(names[0], spec.dtype, spec.shape)
        return spec


def _images(batch: pa.RecordBatch, spec: TensorSpec) -> list[Any]:
    from PIL import Image, UnidentifiedImageError

    images = []
    contents: np.ndarray[Any, Any] = dense_column(batch, spec)
    for row, content in enumerate(contents):
        try:
            images.append(Image.open(io.BytesIO(content)).convert("RGB"))
        except (UnidentifiedImageError, OSError, TypeError) as error:
            raise DataError(
                f"column {spec.name!r} holds no image that can be decoded",
                input=spec.name,
                got=f"{error} in row {row} of the batch",
            ) from error
    return images
