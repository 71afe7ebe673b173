# SPDX-License-Identifier: Apache-2.0
"""What a feature is: its kind of value, and how it is stored in a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from penstock.errors import DataError, did_you_mean

FeatureKind = Literal["int", "float", "bytes"]
"""``int`` is int64, ``float`` is float32, ``bytes`` is bytes or UTF-8 text; the three of tf.Example."""

METADATA_KEY = b"penstock.features"
"""Key under which a Parquet file's key-value metadata holds the features, as JSON."""

FEATURES_FILE = "features.json"
"""File at the root of an Examples artifact that holds the same JSON where the files themselves cannot (TFRecord)."""

_FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One feature.

    Attributes:
        name: Its name.
        kind: Its kind of value.
        is_list: Whether some row has several values or an empty list; if not, a row has one value or none.
        is_text: Whether all its bytes are UTF-8; always ``False`` for numbers.
    """

    name: str
    kind: FeatureKind
    is_list: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """The features of a set of examples, in order."""

    features: tuple[FeatureSpec, ...]

    def __iter__(self) -> Iterator[FeatureSpec]:
        return iter(self.features)

    def __len__(self) -> int:
        return len(self.features)

    def __contains__(self, name: object) -> bool:
        return any(feature.name == name for feature in self.features)

    def __getitem__(self, name: str) -> FeatureSpec:
        for feature in self.features:
            if feature.name == name:
                return feature
        raise DataError(f"the examples have no feature {name!r}", hint=did_you_mean(name, self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in order."""
        return tuple(feature.name for feature in self.features)

    def select(self, names: tuple[str, ...] | list[str]) -> FeatureSet:
        """Returns the named features, in the order of ``names``.

        Raises:
            DataError: One of them does not exist.
        """
        return FeatureSet(tuple(self[name] for name in names))

    def to_json(self) -> str:
        """Returns the features as JSON; see :meth:`from_json`."""
        rows = [
            {"name": feature.name, "kind": feature.kind, "list": feature.is_list, "text": feature.is_text}
            for feature in self.features
        ]
        return json.dumps({"version": _FORMAT_VERSION, "features": rows}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> FeatureSet:
        """Rebuilds the features from :meth:`to_json`.

        Raises:
            DataError: It is not that JSON, or of a newer version.
        """
        try:
            document = json.loads(text)
            version, rows = document["version"], document["features"]
            features = tuple(FeatureSpec(row["name"], row["kind"], row["list"], row["text"]) for row in rows)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("the description of the features cannot be read", got=repr(error)) from error
        if version != _FORMAT_VERSION or any(
            feature.kind not in get_args(FeatureKind) for feature in features
        ):
            raise DataError(
                "the description of the features is of another version",
                expected=f"version {_FORMAT_VERSION}",
                got=str(version),
                hint="read it with the version of Penstock that wrote it, or a later one",
            )
        return cls(features)
