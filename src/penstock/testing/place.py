# SPDX-License-Identifier: Apache-2.0
"""Where tests run: temporary folders, the project around the working directory, the libraries' settings."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path

from penstock.runners.pipeline_file import find_project_root
from penstock.runners.session import library_settings
from penstock.runtime.autograph import spare_graph_libraries


@lru_cache(maxsize=1)
def _session() -> tempfile.TemporaryDirectory[str]:
    """Returns the folder of this process, which Python removes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="penstock-testing-")


def new_folder(what: str) -> str:
    """Returns a new empty folder."""
    return tempfile.mkdtemp(prefix=f"{what}-", dir=_session().name)


def project_root() -> str:
    """Returns the root of the project around the working directory, or that directory itself."""
    return str(find_project_root(Path.cwd()) or Path.cwd())


def prepare_libraries() -> None:
    """Sets what the runners set before they load TensorFlow; call it before anything imports it."""
    os.environ.update(library_settings())


def prepare_tracing() -> None:
    """Does for this process what a worker does before it traces the user's code."""
    spare_graph_libraries()
