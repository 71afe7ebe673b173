# SPDX-License-Identifier: Apache-2.0
"""Freed memory stays with the process, so that the next call of a model need not fault it in again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from penstock.models.allocation import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def work():
    return (np.ones(500_000) * 2).sum()
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_pages_are_not_faulted_in_again() -> None:
    def faults(argument: str, environment: dict[str, str]) -> int:
        command = [sys.executable, "-c", FAULTS, argument]
        path = {"PYTHONPATH": ":".join(entry for entry in sys.path if entry)}
        done = subprocess.run(
            command, env={**path, **environment}, capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert faults("keep", {}) < 1_000
    assert faults("keep", {"MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_MMAP_THRESHOLD_": "65536"}) > 40_000
