# SPDX-License-Identifier: Apache-2.0
"""A user's artifact type, with properties of all types, in the store and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from google.protobuf import wrappers_pb2
from metadata_recorder import Recorder

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.errors import MetadataError


class Measured(Artifact):
    """A type of a user's."""

    TYPE_NAME = "MeasuredInAStore"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {
        "good": Property(PropertyType.BOOLEAN),
        "count": Property(PropertyType.INT),
        "ratio": Property(PropertyType.FLOAT),
        "title": Property(PropertyType.STRING),
        "notes": Property(PropertyType.JSON_VALUE),
        "limit": Property(PropertyType.PROTO),
    }


def test_every_type_of_property_comes_back(recorder: Recorder) -> None:
    artifact = Measured("/a")
    artifact.good, artifact.count, artifact.ratio, artifact.title = True, 3, 0.1, "t"
    artifact.notes, artifact.limit = {"a": [1, None]}, wrappers_pb2.Int64Value(value=7)
    artifact.set_proto_custom_property("own", wrappers_pb2.BoolValue(value=True))
    artifact.set_bool_custom_property("sure", False)
    recorder.publish({"measured": [artifact]})
    (found,) = recorder.store.newest_artifacts("MeasuredInAStore", pipeline="taxi")
    assert found.properties == artifact.properties
    assert found.limit == wrappers_pb2.Int64Value(value=7)
    assert found.get_proto_custom_property("own").value is True
    assert found.custom_properties["sure"] is False


def test_the_type_of_a_property_cannot_change(recorder: Recorder) -> None:
    recorder.publish({"measured": [Measured("/a")]})
    changed = type("Changed", (Artifact,), {
        "TYPE_NAME": "MeasuredInAStore", "PROPERTIES": {"good": Property(PropertyType.INT)},
    })  # fmt: skip
    with pytest.raises(MetadataError, match="another type of property 'good'; expected: INT; got: BOOLEAN"):
        recorder.publish({"measured": [changed("/b")]})
