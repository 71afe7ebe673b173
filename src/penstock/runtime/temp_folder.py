# SPDX-License-Identifier: Apache-2.0
"""Keeps temporary files, of libraries too, in a folder of one's own."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from penstock import files

_LONGEST_NAME_BYTES = 70
"""Libraries put sockets into folders in it (multiprocessing: 32 more bytes), whose names the kernel limits to 107."""


@contextmanager
def own_temp_folder(folder: str) -> Iterator[None]:
    """Makes ``folder`` and has ``tempfile``, here and in processes started here, use it inside the block.

    Whoever owns the folder removes it, also when this process was killed; the system's would keep the files. Where the
    folder lies too deep it is used through a link in the system's folder.
    """
    files.makedirs(folder)
    variable, chosen = os.environ.get("TMPDIR"), tempfile.tempdir
    with _short_name(folder) as name:
        os.environ["TMPDIR"] = tempfile.tempdir = name
        try:
            yield
        finally:
            tempfile.tempdir = chosen
            if variable is None:
                os.environ.pop("TMPDIR", None)
            else:
                os.environ["TMPDIR"] = variable


@contextmanager
def _short_name(folder: str) -> Iterator[str]:
    """Yields a name of a folder that is short enough for what libraries add to it, if there can be one."""
    link = os.path.join(tempfile.gettempdir(), f"penstock-{secrets.token_hex(4)}")
    short = len(os.fsencode(link)) <= _LONGEST_NAME_BYTES < len(os.fsencode(folder))
    if short:
        try:
            os.symlink(os.path.abspath(folder), link)
        except OSError:  # nothing may be written there; most libraries do without
            short = False
    try:
        yield link if short else folder
    finally:
        if short:
            with suppress(OSError):
                os.unlink(link)
