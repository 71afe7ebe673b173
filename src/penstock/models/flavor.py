# SPDX-License-Identifier: Apache-2.0
"""What a flavor of models is, and what every loaded model can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, Protocol

from penstock.errors import ParameterError, did_you_mean
from penstock.models.signature import Signature

if TYPE_CHECKING:
    import pyarrow as pa

FlavorName = Literal["tensorflow", "keras", "pytorch", "huggingface", "sklearn", "xgboost", "onnx"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a model is loaded.

    Attributes:
        device: ``auto`` (a GPU where there is one), ``cpu``, ``gpu``, or a device's own name such as ``cuda:1``.
        threads: Threads of the framework for one call; ``None`` leaves the framework's default.
        trusted: Whether the files may be unpickled, which runs whatever code they hold.
        features: Columns that the model takes, in this order, where its files do not name them.
        arguments: What else the flavor's loader needs where the files do not say it: ``class`` and ``params`` of a
            PyTorch state dict, ``task`` of a Hugging Face pipeline.
    """

    device: str = "auto"
    threads: int | None = None
    trusted: bool = False
    features: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def check_arguments(self, flavor: str, *known: str) -> None:
        """Refuses arguments that a flavor's loader does not take.

        Raises:
            ParameterError: With the nearest known name.
        """
        for name in self.arguments:
            if name not in known:
                raise ParameterError(
                    f"models of flavor {flavor!r} are loaded without an argument {name!r}",
                    input="loader_arguments",
                    hint=did_you_mean(name, known),
                )


class Predictor(Protocol):
    """A loaded model: Evaluator, BulkInferrer and the like know a model by this alone."""

    @property
    def signature(self) -> Signature:
        """The signature that :meth:`predict` calls."""

    @property
    def size_bytes(self) -> int:
        """Bytes of the model: of its parameters where the framework tells, of its files else."""

    @property
    def device(self) -> str:
        """Where it runs, such as ``cpu`` or ``cuda:0``."""

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Predicts all rows of a batch in the table layout or the example layout.

        Returns:
            A NumPy array per output, rows first and in the batch's order; an Arrow array where values are no tensors
            (the labels and nested answers of pipelines). One model call is made, so that the size of the batch is the
            caller's choice; a few thousand rows are usually fastest.

        Raises:
            DataError: A feature that the signature takes is missing, or of another type or length, or the model
                refuses a row's values.
        """

    def with_signature(self, name: str) -> Predictor:
        """Returns the same loaded model behind another of its signatures.

        Raises:
            ParameterError: The model has no such signature.
        """


@dataclass(frozen=True, slots=True)
class Flavor:
    """A kind of saved model: how it is recognised, and where the code is that saves, describes and loads it.

    Attributes:
        name: The flavor's name.
        files: Patterns of file names; a folder that holds a match at its top is of this flavor, and so is a file whose
            name matches.
        library: Module that loading needs.
        extra: Extra of the ``penstock`` package that installs the library.
        single_files: Further patterns for a file that is given by itself, too unspecific for files in a folder.
        classes: Patterns of qualified class names (``sklearn.base.BaseEstimator``). An object is a model of the flavor
            that knows its class, else the next of its bases that some flavor knows.
        description: Import path ``module:function`` of ``describe(uri) -> ModelInfo`` for a model without descriptor,
            which imports no framework; empty where the files say nothing of a signature.
        loader: Import path ``module:function`` of ``load(uri, signature_name, options: LoadOptions) -> Predictor``;
            ``uri`` is a folder or a file. Empty where this version of Penstock has none.
        saver: Import path ``module:function`` of ``save(model, folder: Path, request: SaveRequest) -> Descriptor``,
            which writes the framework's files into a local folder that exists; empty where this version has none.
        further_libraries: Other modules that loading and saving need, which the same extra installs.
        unpickles: Whether every model of it is a pickle.
    """

    name: FlavorName
    files: tuple[str, ...]
    library: str
    extra: str
    single_files: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    description: str = ""
    loader: str = ""
    saver: str = ""
    further_libraries: tuple[str, ...] = ()
    unpickles: bool = False

    def recognises(self, names: Sequence[str]) -> bool:
        """Says whether files of these names, at the top of a folder, are a model of this flavor."""
        return any(fnmatchcase(name, pattern) for pattern in self.files for name in names)

    def recognises_file(self, name: str) -> bool:
        """Says whether one file of this name is a model of this flavor."""
        return any(fnmatchcase(name, pattern) for pattern in (*self.files, *self.single_files))

    def recognises_class(self, cls: type) -> bool:
        """Says whether a class is one that this flavor's models derive from, by its qualified name alone."""
        name = f"{cls.__module__}.{cls.__qualname__}"
        return any(fnmatchcase(name, pattern) for pattern in self.classes)
