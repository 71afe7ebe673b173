# SPDX-License-Identifier: Apache-2.0
"""What a flavor of models is, and what every loaded model can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, Protocol

from penstock.models.signature import Signature

if TYPE_CHECKING:
    import pyarrow as pa

FlavorName = Literal["tensorflow", "keras", "pytorch", "sklearn", "xgboost", "onnx"]


class Predictor(Protocol):
    """A loaded model: Evaluator, BulkInferrer and the like know a model by this alone."""

    @property
    def signature(self) -> Signature:
        """The signature that :meth:`predict` calls."""

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Predicts all rows of a batch in the example layout.

        Returns:
            A NumPy array per output, rows first and in the batch's order. One model call is made, so that the size
            of the batch is the caller's choice; a few thousand rows are usually fastest.

        Raises:
            DataError: A feature that the signature takes is missing, or of another type or length.
        """

    def with_signature(self, name: str) -> Predictor:
        """Returns the same loaded model behind another of its signatures.

        Raises:
            ParameterError: The model has no such signature.
        """


@dataclass(frozen=True, slots=True)
class Flavor:
    """A kind of saved model: how it is recognised, and where the code is that describes and loads it.

    Attributes:
        name: The flavor's name.
        files: Patterns of file names; a folder that holds a match at its top is of this flavor.
        library: Module that loading needs.
        extra: Extra of the ``penstock`` package that installs the library.
        description: Import path ``module:function`` of ``describe(uri) -> ModelInfo``, which imports no framework;
            empty where the files say nothing of a signature.
        loader: Import path ``module:function`` of ``load(uri, signature_name) -> Predictor``; empty where this version
            of Penstock has none.
    """

    name: FlavorName
    files: tuple[str, ...]
    library: str
    extra: str
    description: str = ""
    loader: str = ""

    def recognises(self, names: Sequence[str]) -> bool:
        """Says whether files of these names, at the top of a folder, are a model of this flavor."""
        return any(fnmatchcase(name, pattern) for pattern in self.files for name in names)
