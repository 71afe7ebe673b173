# SPDX-License-Identifier: Apache-2.0
"""Artifacts that hold one value, in one file, written as TFX writes it.

In TFX the URI of such an artifact is that of the file itself, ``<output folder>/value``; where the URI is a folder,
the file is the one named ``value`` in it. A value that is ``None`` is an empty file and the custom property
``__is_null__``.
"""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

from penstock import files
from penstock.artifacts.artifact import Artifact, BaseType
from penstock.errors import DataError, ParameterError

VALUE_FILE = "value"
"""Name of the file that holds the value, below the folder of the output."""

IS_NULL = "__is_null__"
"""Custom property: 1 where the value is ``None``."""


class ValueArtifact(Artifact):
    """Base of the artifacts that hold one value.

    Subclasses set ``TYPE_NAME`` and say with ``encode`` and ``decode`` how the value is written.
    """

    def encode(self, value: Any) -> bytes:
        """Returns the bytes that stand for a value.

        Raises:
            ParameterError: The type of artifact cannot hold it.
        """
        raise NotImplementedError(f"{type(self).__name__}.encode")

    def decode(self, content: bytes) -> Any:
        """Returns the value that bytes stand for; raises ``ValueError`` where they stand for none."""
        raise NotImplementedError(f"{type(self).__name__}.decode")

    @property
    def file_uri(self) -> str:
        """URI of the file that holds the value."""
        return files.join(self.uri, VALUE_FILE) if files.is_dir(self.uri) else self.uri

    def read(self) -> Any:
        """Returns the value; ``None`` where that is what was written.

        Raises:
            DataError: There is no file, or it does not hold a value of the type.
        """
        if self.get_int_custom_property(IS_NULL):
            return None
        uri = self.file_uri
        if not files.exists(uri):
            raise DataError(f"{self.type_name} artifact {self.id} has no value", expected=f"a file {uri}")
        with files.open(uri) as file, files.storage_errors("read", uri):
            content: bytes = file.read()
        try:
            return self.decode(content)
        except ValueError as error:
            raise DataError(
                f"{self.type_name} artifact {self.id} holds no value of its type",
                input=uri,
                expected=self.type_name,
                got=repr(content[:80]),
            ) from error

    def write(self, value: Any) -> None:
        """Writes the value and notes on the artifact whether it is ``None``."""
        content = b"" if value is None else self._encoded(value)
        uri = self.file_uri
        with files.open(uri, "wb") as file, files.storage_errors("write", uri):
            file.write(content)
        self.set_int_custom_property(IS_NULL, int(value is None))

    def _encoded(self, value: Any) -> bytes:
        content = self.encode(value)
        return content.encode() if isinstance(content, str) else content  # TFX's JsonValue gives text

    @property
    def value(self) -> Any:
        """The value, read from its file; setting it writes the file."""
        return self.read()

    @value.setter
    def value(self, value: Any) -> None:
        self.write(value)

    @classmethod
    def annotate_as(cls, type_annotation: Any = None) -> type[ValueArtifact]:
        """Returns the type with a base type of its own (``String.annotate_as(Model)``), named as TFX names it.

        Args:
            type_annotation: One of ``penstock.dsl.standard_annotations``, or the name of a base type.
        """
        if type_annotation is None:
            return cls
        name: BaseType = type_annotation if isinstance(type_annotation, str) else type_annotation.__name__  # type: ignore[assignment]  # checked below
        if name not in ("Dataset", "Model", "Metrics", "Statistics"):
            raise ParameterError(
                f"{cls.__name__}.annotate_as: not an annotation of artifacts",
                expected="Dataset, Model, Metrics or Statistics",
                got=repr(type_annotation),
            )
        members = {
            "TYPE_NAME": f"{cls.TYPE_NAME}_{name}",
            "TYPE_ANNOTATION": name,
            "__module__": cls.__module__,
            "__doc__": cls.__doc__,
        }
        return type(f"{cls.__name__}_{name}", (cls,), members)


def _unfit(artifact: ValueArtifact, expected: str, value: object) -> ParameterError:
    return ParameterError(
        f"{artifact.type_name} cannot hold this value",
        expected=expected,
        got=f"{value!r:.80} ({type(value).__name__})",
    )


class String(ValueArtifact):
    """A text value, in UTF-8."""

    TYPE_NAME: ClassVar[str] = "String"

    def encode(self, value: Any) -> bytes:
        """Returns the text in UTF-8."""
        if not isinstance(value, str):
            raise _unfit(self, "text", value)
        return value.encode()

    def decode(self, content: bytes) -> str:
        """Returns the text."""
        return content.decode()


class Bytes(ValueArtifact):
    """A value of bytes."""

    TYPE_NAME: ClassVar[str] = "Bytes"

    def encode(self, value: Any) -> bytes:
        """Returns the bytes."""
        if not isinstance(value, bytes):
            raise _unfit(self, "bytes", value)
        return value

    def decode(self, content: bytes) -> bytes:
        """Returns the bytes."""
        return content


class Integer(ValueArtifact):
    """An integer value, in decimal."""

    TYPE_NAME: ClassVar[str] = "Integer"

    def encode(self, value: Any) -> bytes:
        """Returns the decimal digits."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise _unfit(self, "a whole number", value)
        return str(value).encode()

    def decode(self, content: bytes) -> int:
        """Returns the number."""
        return int(content)


class Float(ValueArtifact):
    """A floating point value; infinities and NaN are ``Infinity``, ``-Infinity`` and ``NaN``."""

    TYPE_NAME: ClassVar[str] = "Float"

    def encode(self, value: Any) -> bytes:
        """Returns the shortest digits that read back as the same number."""
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise _unfit(self, "a number", value)
        number = float(value)
        if math.isinf(number):
            return b"Infinity" if number > 0 else b"-Infinity"
        return b"NaN" if math.isnan(number) else str(number).encode()

    def decode(self, content: bytes) -> float:
        """Returns the number."""
        return float(content)


class Boolean(ValueArtifact):
    """A truth value, written as ``1`` or ``0``."""

    TYPE_NAME: ClassVar[str] = "Boolean"

    def encode(self, value: Any) -> bytes:
        """Returns ``1`` or ``0``."""
        if not isinstance(value, bool):
            raise _unfit(self, "True or False", value)
        return b"1" if value else b"0"

    def decode(self, content: bytes) -> bool:
        """Returns the truth value."""
        return int(content) != 0


class JsonValue(ValueArtifact):
    """Any value that JSON can hold."""

    TYPE_NAME: ClassVar[str] = "JsonValue"

    def encode(self, value: Any) -> bytes:
        """Returns the JSON text, keys sorted."""
        try:
            return json.dumps(value, sort_keys=True).encode()
        except (TypeError, ValueError) as error:
            raise _unfit(self, f"what JSON can hold ({error})", value) from error

    def decode(self, content: bytes) -> Any:
        """Returns the value."""
        return json.loads(content)


VALUE_TYPES = {cls.TYPE_NAME: cls for cls in (String, Bytes, Integer, Float, Boolean, JsonValue)}
"""The value artifact types by name."""


def annotated_value_type(type_name: str) -> type[ValueArtifact] | None:
    """Returns the type that ``annotate_as`` gives that name, such as ``String_Model``; ``None`` for other names."""
    base, _, annotation = type_name.partition("_")
    if base in VALUE_TYPES and annotation in ("Dataset", "Model", "Metrics", "Statistics"):
        return VALUE_TYPES[base].annotate_as(annotation)
    return None
