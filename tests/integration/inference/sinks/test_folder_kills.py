# SPDX-License-Identifier: Apache-2.0
"""Deliveries to folders that are killed, and rows that are wide."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from result_files import write_results

ROWS = 200_000
CODE = (
    "import sys; from penstock.inference.sinks import deliver; from penstock.inference.spec import SinkSpec\n"
    "spec = SinkSpec(path='out', format='csv', options={'rows_per_file': 10_000, 'compression': 'gzip'})\n"
    "sys.stdout.write('started\\n'); sys.stdout.flush()\n"
    "deliver(spec, sys.argv[2:], project_root='.', run_token=sys.argv[1])\n"
)


def started(folder: Path, run_token: str, files: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CODE, run_token, *files]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def check_whole(out: Path) -> str:
    """Checks that a folder holds one whole delivery, and returns which."""
    note = json.loads((out / "_SUCCESS").read_text())
    assert sorted(path.name for path in out.iterdir()) == sorted([*note["files"], "_SUCCESS"])
    assert (note["rows"], len(note["files"])) == (ROWS, 20)
    return str(note["delivery"])


def test_whoever_looks_sees_a_whole_delivery_however_often_others_are_killed(tmp_path: Path) -> None:
    table = pa.table({"id": range(ROWS), "text": [f"row {row}" for row in range(ROWS)]})
    files = write_results(tmp_path / "results", table, 2)
    assert started(tmp_path, "first", files).wait() == 0
    seen = {check_whole(tmp_path / "out")}
    for attempt in range(8):
        process = started(tmp_path, f"run-{attempt}", files)
        end = time.monotonic() + 0.12 * (attempt + 1)
        while time.monotonic() < end and process.poll() is None:
            seen.add(check_whole_in_passing(tmp_path / "out"))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(check_whole(tmp_path / "out"))
    assert started(tmp_path, "last", files).wait() == 0
    assert check_whole(tmp_path / "out") == "last"
    assert not list(tmp_path.glob(".penstock-sink-*"))
    assert "first" in seen


def check_whole_in_passing(out: Path) -> str:
    """Looks through one handle, so that an exchange of folders in between cannot mix what is seen."""
    handle = os.open(out, os.O_RDONLY)
    try:
        names = set(os.listdir(handle))
        note = os.open("_SUCCESS", os.O_RDONLY, dir_fd=handle)
        with os.fdopen(note) as file:
            said = json.load(file)
    except FileNotFoundError:
        # The folder was exchanged and its old files are being removed; its name leads to the new one by now.
        return check_whole(out)
    finally:
        os.close(handle)
    if names != {*said["files"], "_SUCCESS"}:
        return check_whole(out)
    return str(said["delivery"])


@pytest.mark.parametrize("format", ["json_lines", "parquet"])
def test_wide_rows_do_not_fill_memory(tmp_path: Path, format: str) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    schema = pa.schema([("file", pa.string()), ("image", pa.binary())])
    peaks = []
    for rows in (64, 256):
        path = folder / f"{rows}.parquet"
        with pq.ParquetWriter(path, schema, compression="none") as writer:
            for row in range(rows):
                writer.write_table(pa.table({"file": [str(row)], "image": [os.urandom(1 << 20)]}, schema))
        code = (
            "import resource, sys; from penstock.inference.sinks import deliver; "
            "from penstock.inference.spec import SinkSpec\n"
            f"spec = SinkSpec(path='out', format={format!r})\n"
            "deliver(spec, sys.argv[1:], project_root='.', run_token='r')\n"
            "sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 100, peaks
