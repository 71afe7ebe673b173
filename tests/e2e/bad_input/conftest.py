# SPDX-License-Identifier: Apache-2.0
"""The small project of ``rows_project``, before its first run and after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Project
from rows_project import make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project, which has not run yet."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after a good run; the tests of a module share it and leave it good."""
    project = make_project(tmp_path_factory.mktemp("ran") / "project")
    ended = project.cli("run", "pipelines/rows.py", "--in-process")
    assert ended.code == 0, ended.err
    return project
