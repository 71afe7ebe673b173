# SPDX-License-Identifier: Apache-2.0
"""Properties of all types that TFX's artifacts have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

import pytest
from google.protobuf import wrappers_pb2

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import Model, from_json_dict
from penstock.errors import DataError, ParameterError


class Judged(Artifact):
    """A type of a user's."""

    TYPE_NAME = "JudgedByATest"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {
        "good": Property(PropertyType.BOOLEAN),
        "score": Property(PropertyType.FLOAT),
        "notes": Property(PropertyType.JSON_VALUE),
        "limit": Property(PropertyType.PROTO),
    }


def test_truth_values_and_protobufs() -> None:
    artifact = Judged("/j")
    assert (artifact.good, artifact.score, artifact.notes, artifact.limit) == (False, 0.0, None, None)
    artifact.good, artifact.score, artifact.notes = True, 0.5, {"a": [1]}
    artifact.limit = wrappers_pb2.Int64Value(value=7)
    again = from_json_dict(json.loads(json.dumps(artifact.to_json_dict())))
    assert again == artifact
    assert again.good is True
    assert again.limit == wrappers_pb2.Int64Value(value=7)
    assert artifact.has_property("good")
    assert not Judged().has_property("good")
    with pytest.raises(
        ParameterError, match="property 'good' .* has the wrong type; expected: BOOLEAN; got: 1"
    ):
        artifact.good = 1
    with pytest.raises(ParameterError, match=r"takes a protobuf; got: 7 \(int\)"):
        artifact.limit = 7


def test_custom_properties_of_every_type() -> None:
    artifact = Model("/m")
    artifact.set_bool_custom_property("good", True)
    artifact.set_proto_custom_property("limit", wrappers_pb2.StringValue(value="x"))
    assert artifact.get_bool_custom_property("good") is True
    assert artifact.get_bool_custom_property("missing") is False
    assert artifact.get_proto_custom_property("limit") == wrappers_pb2.StringValue(value="x")
    assert artifact.get_proto_custom_property("good") is None
    assert artifact.type is Model
    assert artifact.mlmd_artifact is artifact
    assert not artifact.is_external
    artifact.set_custom_property("strange", {"type_url": "type.googleapis.com/no.Such", "value": ""})
    with pytest.raises(DataError, match=r"a protobuf no\.Such.*import the module that defines it"):
        artifact.get_proto_custom_property("strange")


def test_properties_are_copied_within_a_type() -> None:
    artifact = Judged("/a", custom_properties={"x": [1]})
    artifact.good = True
    other = Judged()
    other.copy_from(artifact)
    assert (other.uri, other.good, other.custom_properties) == ("/a", True, {"x": [1]})
    with pytest.raises(
        ParameterError, match="between artifacts of one type; expected: JudgedByATest; got: Model"
    ):
        other.copy_from(Model())
