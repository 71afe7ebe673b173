# SPDX-License-Identifier: Apache-2.0
"""Which tensors a schema asks for, as the spec that ``tf.io.parse_example`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind
from penstock.examples.reader import ExamplesReader

_DTYPES: dict[FeatureKind, tf.DType] = {"int": tf.int64, "float": tf.float32, "bytes": tf.string}


@dataclass(frozen=True, slots=True)
class ParsingSpec:
    """What to parse, and what to call it.

    Attributes:
        features: ``tf.io`` features by key: the column's name where there is one column.
        renamed: Names of the tensors whose key is not their name.
    """

    features: Mapping[str, Any]
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of the tensors."""
        return tuple(self.renamed.get(key, key) for key in self.features)

    def source_columns(self) -> list[str]:
        """Returns the names of the columns that the tensors are made from."""
        names: dict[str, None] = {}
        for key, feature in self.features.items():
            if isinstance(feature, tf.io.SparseFeature):
                indices = feature.index_key
                names.update(dict.fromkeys([indices] if isinstance(indices, str) else indices))
                names[feature.value_key] = None
            elif isinstance(feature, tf.io.RaggedFeature):
                names[feature.value_key or key] = None
                names.update({part.key: None for part in feature.partitions if hasattr(part, "key")})
            else:
                names[key] = None
        return list(names)


def parsing_spec(schema: schema_pb2.Schema | None, reader: ExamplesReader) -> ParsingSpec:
    """Returns the spec for a schema; without one every feature that the reader has is sparse.

    Raises:
        DataError: The schema asks for tensors that cannot be parsed.
    """
    if schema is None:
        return ParsingSpec(
            {feature.name: tf.io.VarLenFeature(_DTYPES[feature.kind]) for feature in reader.features}
        )
    try:
        return _spec_of_schema(schema)
    except (ValueError, NotImplementedError) as error:
        raise DataError("the schema does not say how its features become tensors", got=str(error)) from error


def _spec_of_schema(schema: schema_pb2.Schema) -> ParsingSpec:
    from tfx_bsl.tfxio import tensor_representation_util as representations

    types = {feature.name: feature.type for feature in schema.feature}
    features: dict[str, Any] = {}
    renamed = {}
    for tensor_name, wanted in representations.InferTensorRepresentationsFromMixedSchema(schema).items():
        columns = representations.GetSourceColumnsFromTensorRepresentation(wanted)
        value_column = representations.GetSourceValueColumnFromTensorRepresentation(wanted).initial_step()
        parsed = representations.CreateTfExampleParserConfig(wanted, types[value_column])
        # A key that stands for several columns must not be the name of one that is parsed by itself.
        key = columns[0].initial_step() if len(columns) == 1 else f"_tensor_{tensor_name}"
        if key in features:
            raise ValueError(f"two tensors are made from the feature {key!r}")
        features[key] = parsed
        if key != tensor_name:
            renamed[key] = tensor_name
    return ParsingSpec(features, renamed)
