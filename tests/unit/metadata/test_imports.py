# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.errors import DependencyError
from penstock.metadata import mlmd


def test_importing_the_store_does_not_load_the_library() -> None:
    code = (
        "import sys, penstock.metadata.store; "
        "print([m for m in ('ml_metadata', 'google.protobuf', 'grpc', 'sqlite3.dbapi2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['sqlite3.dbapi2']"


def test_a_library_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_metadata.proto", None)
    with pytest.raises(
        DependencyError, match=r"ml-metadata library does not load.*pip install 'ml-metadata>=1\.17'"
    ):
        mlmd.__getattr__("pb")


def test_other_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'metadata_store'"):
        mlmd.metadata_store  # noqa: B018 - reading it is the test
