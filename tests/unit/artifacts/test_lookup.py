# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.lookup import (
    decode_split_names,
    encode_split_names,
    get_single_instance,
    get_single_uri,
    get_split_uri,
    get_split_uris,
    is_artifact_version_older_than,
    jsonify_artifact_dict,
    parse_artifact_dict,
    replicate_artifacts,
    verify_artifacts,
)
from penstock.artifacts.standard import Examples, Model
from penstock.errors import DataError, ParameterError


def examples(uri: str = "/e", *splits: str, version: str = "1.16.0", id: int = 1) -> Examples:
    made = Examples(uri, id=id, custom_properties={"tfx_version": version})
    made.split_names = encode_split_names(splits or ["train", "eval"])
    return made


def test_the_one_artifact_of_a_list() -> None:
    only = examples()
    assert get_single_instance([only]) is only
    assert get_single_uri([only]) == "/e"
    for wrong in ([], [only, only]):
        with pytest.raises(DataError, match=f"not exactly one artifact; expected: one; got: {len(wrong)}"):
            get_single_instance(wrong)


def test_the_folder_of_a_split() -> None:
    assert get_split_uri([examples()], "eval") == "/e/Split-eval"
    assert get_split_uris([examples("/a"), examples("/b")], "train") == ["/a/Split-train", "/b/Split-train"]
    with pytest.raises(DataError, match=r"/e has no split 'evl'.*did you mean 'eval'"):
        get_split_uri([examples()], "evl")
    with pytest.raises(DataError, match="not exactly one"):
        get_split_uri([examples(), examples()], "train")
    with pytest.raises(DataError, match=r"set them first: artifact\.split_names ="):
        get_split_uri([Examples("/e")], "train")


def test_examples_of_a_very_old_tfx_have_other_folders() -> None:
    assert get_split_uri([examples(version="0.28.0")], "eval") == "/e/eval"
    assert is_artifact_version_older_than(examples(version=""), "0.29")
    assert not is_artifact_version_older_than(examples(version="", id=0), "0.29")
    assert not is_artifact_version_older_than(examples(version="1.2.0"), "0.29.0.dev")


def test_names_of_splits() -> None:
    assert encode_split_names(["train", "eval_2"]) == '["train", "eval_2"]'
    assert decode_split_names('["train"]') == ["train"]
    assert decode_split_names("") == []
    with pytest.raises(ParameterError, match=r"a name that cannot be one.*got: 'a/b'"):
        encode_split_names(["a/b"])


def test_copies_of_an_artifact() -> None:
    first, second = replicate_artifacts(examples(), 2)
    assert (first.uri, second.uri) == ("/e/0", "/e/1")
    assert first.split_names == examples().split_names
    second.set_splits(["other"])
    assert first.split_names == examples().split_names


def test_artifacts_by_key_as_text() -> None:
    artifacts: dict[str, list[Artifact]] = {"examples": [examples()], "model": [Model("/m", id=3)]}
    assert parse_artifact_dict(jsonify_artifact_dict(artifacts)) == artifacts


def test_artifacts_must_be_there(tmp_path: Path) -> None:
    there = Model(str(tmp_path))
    verify_artifacts({"model": [there]})
    verify_artifacts([there])
    verify_artifacts(there)
    with pytest.raises(DataError, match="is not there"):
        verify_artifacts(Model(os.path.join(tmp_path, "nowhere")))
