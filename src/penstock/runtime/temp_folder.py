# SPDX-License-Identifier: Apache-2.0
"""Keeps temporary files, of libraries too, in a folder of one's own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from penstock import files


@contextmanager
def own_temp_folder(folder: str) -> Iterator[None]:
    """Makes ``folder`` and has ``tempfile``, here and in processes started here, use it inside the block.

    Whoever owns the folder removes it, also when this process was killed; the system's would keep the files.
    """
    files.makedirs(folder)
    variable, chosen = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        yield
    finally:
        tempfile.tempdir = chosen
        if variable is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = variable
