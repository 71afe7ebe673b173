# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

import pytest

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import (
    STANDARD_TYPES,
    Examples,
    Integer,
    Model,
    artifact_class,
    from_json_dict,
)
from penstock.errors import DataError, ParameterError


class Measured(Artifact):
    """A type of a user's."""

    TYPE_NAME = "MeasuredByATest"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {"size": Property(PropertyType.INT)}


@pytest.mark.parametrize("cls", [*STANDARD_TYPES.values(), Measured])
def test_an_artifact_survives_json(cls: type[Artifact]) -> None:
    artifact = cls("/a", id=3, name="n", custom_properties={"x": [1, {"y": None}]})
    for name, declared in cls.PROPERTIES.items():
        artifact.set_property(name, 7 if declared.type is PropertyType.INT else "text")
    again = from_json_dict(json.loads(json.dumps(artifact.to_json_dict())))
    assert type(again) is cls
    assert again == artifact


def test_properties_of_a_class_that_is_not_loaded_are_kept() -> None:
    document = Integer("/a", id=3).to_json_dict()
    properties = {"size": 3, "ratio": 0.5, "word": "w", "parts": [1, 2]}
    for type_name in ("OfAnotherProcess", "Model", "Examples"):
        artifact = from_json_dict({**document, "type": type_name, "properties": properties})
        assert artifact.type_name == type_name
        assert artifact.properties == properties
        assert artifact.size == 3
        assert artifact.to_json_dict()["properties"] == properties
    assert isinstance(from_json_dict({**document, "type": "Model", "properties": properties}), Model)
    assert "size" not in Model.PROPERTIES


def test_a_class_is_found_by_its_type_name() -> None:
    assert artifact_class("Model") is Model
    assert artifact_class("MeasuredByATest") is Measured
    assert artifact_class("NeverHeardOf").TYPE_NAME == "NeverHeardOf"


def test_splits_are_named_in_json_and_have_a_folder_each() -> None:
    examples = Examples("/e", id=1)
    assert examples.splits == ()
    examples.set_splits(["train", "eval"])
    assert examples.split_names == '["train", "eval"]'
    assert examples.splits == ("train", "eval")
    assert examples.split_uri("eval") == "/e/Split-eval"
    with pytest.raises(
        DataError, match="Examples artifact 1 has no split 'test'; expected: one of train, eval"
    ):
        examples.split_uri("test")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("colour", 1, "artifact type Examples has no property 'colour'.*custom properties"),
        (
            "span",
            "1",
            "property 'span' of artifact type Examples has the wrong type; expected: INT; got: '1'",
        ),
        ("span", True, "wrong type; expected: INT; got: True"),
        ("split_names", 3, "wrong type; expected: STRING"),
    ],
)
def test_properties_are_checked(name: str, value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Examples().set_property(name, value)  # type: ignore[arg-type]  # the wrong type is the point


def test_declared_properties_are_attributes_with_defaults() -> None:
    examples = Examples()
    assert (examples.span, examples.split_names) == (0, "")
    examples.span = 3
    assert examples.properties == {"span": 3}
    with pytest.raises(AttributeError, match="colour"):
        examples.colour  # noqa: B018  asking is what raises
