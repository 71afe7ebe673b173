# SPDX-License-Identifier: Apache-2.0
"""PyTorch's formats are told apart by what is in the file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from penstock.errors import DataError
from penstock.models.pytorch.archives import format_of, unpickled_parts


def archive(path: Path, **parts: str) -> str:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return str(path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["model/data.pkl", "model/data/0", "model/version"], "state_dict"),
        (["model/data.pkl", "model/code/__torch__.py", "model/constants.pkl"], "torchscript"),
        (["model/models/model.json", "model/archive_format"], "exported"),
        (["serialized_exported_program.json", "version"], "exported"),
    ],
)
def test_formats(tmp_path: Path, names: list[str], expected: str) -> None:
    assert format_of(archive(tmp_path / "m.pt", **dict.fromkeys(names, "{}")), "uri") == expected


def test_a_bare_pickle_is_what_older_versions_wrote(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"\x80\x02\x8a\n")
    assert format_of(str(tmp_path / "m.pt"), "uri") == "state_dict"


def test_other_files(tmp_path: Path) -> None:
    for content, got in ((b"", "an empty file"), (b"hello", "neither an archive nor a pickle")):
        (tmp_path / "m.pt").write_bytes(content)
        with pytest.raises(DataError, match=f"the-uri is no file that PyTorch can load.*{got}"):
            format_of(str(tmp_path / "m.pt"), "the-uri")
    with pytest.raises(DataError, match="an archive of other files"):
        format_of(archive(tmp_path / "m.zip", readme="x"), "uri")


def test_parts_of_an_exported_program_that_would_be_unpickled(tmp_path: Path) -> None:
    weights = {"config": {"a": {"path_name": "weight_0", "use_pickle": True}, "b": {"path_name": "weight_1"}}}
    path = archive(
        tmp_path / "m.pt2",
        **{
            "m/models/model.json": "{}",
            "m/data/weights/model_weights_config.json": json.dumps(weights),
            "m/data/weights/weight_0": "pickled",
            "m/data/weights/weight_1": "plain",
            "m/data/sample_inputs/model.pt": "pickled too",
            "m/data/constants/empty.pt": "",
        },
    )
    assert unpickled_parts(path) == {
        "m/data/weights/weight_0": b"pickled",
        "m/data/sample_inputs/model.pt": b"pickled too",
    }
