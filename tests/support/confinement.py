# SPDX-License-Identifier: Apache-2.0
"""Ways to run a command with less than it wants: without the superuser's rights, on a small disk of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

_OVERRIDES = "-dac_override,-dac_read_search"


@cache
def as_a_user() -> tuple[str, ...]:
    """Returns what to put before a command so that permissions hold for it, as they do for everyone but root.

    Skips the test where that cannot be had.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("setpriv", f"--bounding-set={_OVERRIDES}")
    if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("root cannot give up its rights here: setpriv is missing or refused")
    return prefix


@cache
def _mounting() -> tuple[str, ...]:
    options = ("--mount",) if os.geteuid() == 0 else ("--mount", "--map-root-user")
    prefix = ("unshare", *options)
    probe = "mount -t tmpfs tmpfs /mnt"
    if (
        shutil.which("unshare") is None
        or subprocess.run([*prefix, "sh", "-c", probe], capture_output=True).returncode
    ):
        pytest.skip("a small disk cannot be mounted here: unshare or mount is missing or refused")
    return prefix


def on_a_small_disk(folder: Path, kibibytes: int, afterwards: Path) -> tuple[str, ...]:
    """Returns what to put before a command so that a folder is a small disk for it, gone when it ends.

    Skips the test where that cannot be had.

    Args:
        folder: Becomes the disk; what it holds is copied there.
        kibibytes: How much it takes.
        afterwards: Gets a copy of what is on it when the command has ended.
    """
    script = (
        f'cp -a "$1" "$2" && mount -t tmpfs -o size={kibibytes}k tmpfs "$1" && cp -a "$2/." "$1" && rm -r "$2" && '
        'disk=$1 copy=$2 && shift 2; "$@"; code=$?; cp -a "$disk" "$copy"; exit $code'
    )
    return (*_mounting(), "sh", "-c", script, "sh", str(folder), str(afterwards))
