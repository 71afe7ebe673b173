# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from component_runs import run_component

from penstock.components.import_schema_gen.component import ImportSchemaGen
from penstock.errors import DataError
from penstock.statistics.files import read_schema

SCHEMA = 'feature { name: "fare" type: FLOAT }\nfeature { name: "company" type: BYTES }\n'


def write(folder: Path, text: str) -> str:
    (folder / "schemas").mkdir(exist_ok=True)
    (folder / "schemas" / "mine.pbtxt").write_text(text)
    return "schemas/mine.pbtxt"


def test_the_schema_is_checked_and_copied(tmp_path: Path) -> None:
    ran = run_component(ImportSchemaGen, tmp_path, schema_file=write(tmp_path, SCHEMA))
    assert [feature.name for feature in read_schema(ran.uri("schema")).feature] == ["fare", "company"]
    assert ran.result.features == 2
    properties = ran.record.artifacts["schema"][0].custom_properties
    assert properties["source_uri"] == f"{tmp_path}/schemas/mine.pbtxt"
    assert properties["schema_digest"] == ran.result.digest


def test_the_digest_follows_the_content_not_the_layout_of_the_file(tmp_path: Path) -> None:
    first = run_component(
        ImportSchemaGen, tmp_path / "a", schema_file=write(tmp_path, SCHEMA), project_root=tmp_path
    )
    spaced = write(tmp_path, f"# a comment\n{SCHEMA}\n")
    second = run_component(ImportSchemaGen, tmp_path / "b", schema_file=spaced, project_root=tmp_path)
    assert first.result.digest == second.result.digest
    assert first.plan.fingerprint != second.plan.fingerprint


def test_a_missing_file_is_found_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="schema file no/where.pbtxt does not exist.*no such file"):
        run_component(ImportSchemaGen, tmp_path, schema_file="no/where.pbtxt")
    with pytest.raises(DataError, match="a folder"):
        run_component(ImportSchemaGen, tmp_path, schema_file=str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no feature"),
        ('feature { name: "x" }', "feature 'x' of schema .* has no type"),
        ("feature { type: INT }", "feature number 1 .* has no name"),
        ('feature { name: "x" type: INT } feature { name: "x" type: INT }', "has a feature twice: x"),
        ("feature {", "is not a schema"),
    ],
)
def test_what_no_one_could_use_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run_component(ImportSchemaGen, tmp_path, schema_file=write(tmp_path, text))


def test_a_deprecated_feature_needs_no_type(tmp_path: Path) -> None:
    text = SCHEMA + 'feature { name: "old" lifecycle_stage: DEPRECATED }'
    ran = run_component(ImportSchemaGen, tmp_path, schema_file=write(tmp_path, text))
    assert ran.result.features == 3
