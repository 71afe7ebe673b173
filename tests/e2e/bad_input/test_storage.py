# SPDX-License-Identifier: Apache-2.0
"""Folders that may not be written, disks that are full, artifacts that someone has laid hands on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confinement import as_a_user, on_a_small_disk
from projects import Ended, Project
from rows_project import COUNT_ROWS, GOOD, HEADER

RUN = ("run", "pipelines/rows.py")
MENDED = {"CsvExampleGen": "cached", "Trainer": "cached", "Pusher": "ran"}
LARGE = HEADER + "".join(
    f"{i},{i * 7919 % 10007 / 7},text number {i * 104729 % 100003}\n" for i in range(60_000)
)


def versions(serving: Path) -> list[str]:
    return sorted(path.name for path in serving.iterdir()) if serving.is_dir() else []


# ------------------------------------------------------------------------------------------------------- where to push


def test_a_file_in_place_of_the_serving_folder(ran: Project) -> None:
    file = ran.write("served", "a file")
    for place in (file, file / "deep" / "below"):
        with ran.nothing_lost("rows", "Pusher"):
            ended = ran.cli(*RUN, "--in-process", "--param", f"serving={place}")
        assert ended.code == 1
        assert (
            ended.error.message
            == f"Pusher: cannot write to the push destination {place}: a file is in the way"
        )
        assert ended.error["what to do"] == "name another folder, or take that file away"
        assert file.read_text() == "a file"
    file.unlink()
    assert ran.cli(*RUN, "--in-process", "--param", f"serving={file}").states() == MENDED
    assert len(versions(file)) == 1


def test_a_serving_folder_that_may_not_be_written(ran: Project) -> None:
    prefix = as_a_user()
    serving = ran.root / "locked"
    serving.mkdir(mode=0o555)
    with ran.nothing_lost("rows", "Pusher"):
        ended = ran.process(*RUN, "--param", "serving=locked", prefix=prefix)
    assert ended.code == 1
    assert ended.error.message == f"Pusher: cannot write to the push destination {serving}: not permitted"
    assert ended.error["got"] == "Permission denied"
    assert ended.error["what to do"] == "check owner, mode and mount of that path"
    assert ended.states()["Pusher"] == "failed"
    assert (
        f"Pusher: not pushed: cannot write to the push destination {serving}: not permitted" in ended.out
    ), ended.out
    serving.chmod(0o755)
    assert ran.process(*RUN, "--param", "serving=locked", prefix=prefix).states() == MENDED


# ---------------------------------------------------------------------------------------------- what may not be touched


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("path", "bits", "message"),
    [
        (".penstock", 0o555, "the metadata store is read-only: its folder, where the journal goes, cannot be written"),
        (".penstock/metadata.db", 0o444, "the metadata store is read-only: the file cannot be written"),
        (".penstock/metadata.db", 0o000, "the metadata store cannot be used"),
        (".penstock/pipelines/rows/.runs", 0o555, "cannot write {root}/.penstock/pipelines/rows/.runs/{run}/ir.json: "),
        ("data", 0o000, "CsvExampleGen: cannot list {root}/data: not permitted"),
        ("data/trips.csv", 0o000, "CsvExampleGen: cannot open {root}/data/trips.csv: not permitted"),
        ("modules/count_rows.py", 0o000, "Trainer: module file modules/count_rows.py cannot be read"),
        ("modules", 0o000, "Trainer: module file modules/count_rows.py cannot be read"),
    ],
)  # fmt: skip
def test_what_may_not_be_read_or_written(ran: Project, path: str, bits: int, message: str) -> None:
    prefix, run = as_a_user(), f"{bits:o} {path.replace('/', ' ')}".replace(" .", " ")
    before = ran.published("rows")
    with mode(ran.root / path, bits):
        ended = ran.process(*RUN, "--run-id", run, prefix=prefix)
    assert ended.code == 1
    expected = message.replace("{root}", str(ran.root)).replace("{run}", run)
    assert ended.error.message.startswith(expected), ended.err
    assert ended.error["what to do"] or ended.error["got"]
    assert ran.published("rows") == before
    assert ran.cli(*RUN, "--in-process").code == 0


def test_a_project_without_permission_to_write(project: Project) -> None:
    prefix = as_a_user()
    with mode(project.root, 0o555):
        ended = project.process(*RUN, prefix=prefix)
    assert ended.code == 1
    assert ended.error.message == "the folder of the metadata store cannot be made"
    assert (ended.error["input"], ended.error["got"]) == (f"{project.root}/.penstock", "Permission denied")
    assert "--metadata" in ended.error["what to do"]
    assert not (project.root / ".penstock").exists()
    assert project.cli(*RUN, "--in-process").code == 0


# ----------------------------------------------------------------------------------------------------------- full disks


def on_a_full_disk(project: Project, folder: Path, kibibytes: int, *arguments: str) -> Ended:
    """Runs the pipeline with a folder on a small disk, and puts in its place what was on it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    afterwards = folder.with_name("afterwards")
    prefix = on_a_small_disk(folder, kibibytes, afterwards)
    ended = project.process(*RUN, *arguments, prefix=prefix)
    shutil.rmtree(folder)
    afterwards.rename(folder)
    return ended


@pytest.mark.parametrize("kibibytes", [200, 400, 600])
def test_the_disk_of_the_artifacts_is_full(ran: Project, kibibytes: int) -> None:
    ran.fill("data", {"trips.csv": LARGE})
    with ran.nothing_lost("rows", "CsvExampleGen"):
        ended = on_a_full_disk(ran, ran.pipeline_root("rows"), kibibytes)
    ran.fill("data", {"trips.csv": GOOD})
    assert ended.code == 1
    assert ended.error.message.endswith("the disk is full")
    assert (
        ended.error["what to do"] == "free space there, or put pipeline_root on a larger disk, and run again"
    )
    assert ended.states() == {"CsvExampleGen": "failed", "Trainer": "not run", "Pusher": "not run"}
    assert set(ran.cli(*RUN, "--in-process").states().values()) == {"cached"}


def test_the_disk_of_the_artifacts_is_full_when_the_model_is_saved(ran: Project) -> None:
    big = 'Path(fn_args.serving_model_dir, "weights").write_bytes(bytes(1 << 20))'
    ran.write("modules/big.py", COUNT_ROWS.replace("    return", f"    {big}\n    return"))
    with ran.nothing_lost("rows", "Trainer"):
        ended = on_a_full_disk(ran, ran.pipeline_root("rows"), 300, "--param", "module=modules/big.py")
    assert ended.code == 1
    assert ended.error.message == "Trainer: run_fn raised OSError: [Errno 28] No space left on device"
    assert "put pipeline_root on a larger disk" in ended.error["what to do"]
    assert ran.cli(*RUN, "--in-process", "--param", "module=modules/big.py").code == 0


def test_the_disk_of_the_serving_folder_is_full(ran: Project) -> None:
    big = 'Path(fn_args.serving_model_dir, "weights").write_bytes(bytes(1 << 20))'
    ran.write("modules/big.py", COUNT_ROWS.replace("    return", f"    {big}\n    return"))
    served = ran.root / "served_small"
    arguments = ("--param", "module=modules/big.py", "--param", "serving=served_small")
    with ran.nothing_lost("rows", "Pusher"):
        ended = on_a_full_disk(ran, served, 300, *arguments)
    assert ended.code == 1
    assert ended.error.message == f"Pusher: cannot write to the push destination {served}: the disk is full"
    assert list(served.iterdir()) == []
    assert ran.cli(*RUN, "--in-process", *arguments).states()["Pusher"] == "ran"
    assert len(versions(served)) == 1


@pytest.mark.parametrize("kibibytes", [100, 300, 420, 540, 580])
def test_the_disk_of_the_metadata_is_full(project: Project, kibibytes: int) -> None:
    folder = project.root / ".penstock"
    ended = on_a_full_disk(project, folder, kibibytes, "--pipeline-root", "root")
    assert ended.code == 1
    assert {block["got"] for block in ended.blocks} <= {"the disk is full", "disk I/O error"}, ended.err
    assert ended.blocks
    assert "failed unexpectedly" not in ended.err
    mended = project.cli(*RUN, "--in-process", "--pipeline-root", "root")
    assert mended.code == 0, mended.err
    assert len(list((project.root / "root").glob("CsvExampleGen/examples/*"))) == 1


def test_standard_output_that_is_full(ran: Project) -> None:
    shell = ("sh", "-c", '"$@" >/dev/full', "sh")
    ended = ran.process(*RUN, prefix=shell)
    assert ended.code == 1
    assert "No space left on device" in ended.error.message


# ------------------------------------------------------------------------------------ artifacts that were laid hands on


def test_a_root_that_was_deleted_is_made_again(project: Project) -> None:
    assert project.cli(*RUN, "--in-process").code == 0
    shutil.rmtree(project.pipeline_root("rows"))
    ended = project.cli(*RUN, "--in-process")
    assert (ended.code, ended.states()["CsvExampleGen"], ended.states()["Trainer"]) == (0, "ran", "ran")
    assert len(versions(project.root / "serving")) == 1


@pytest.mark.parametrize("loss", ["folder", "file", "half a file"])
def test_an_artifact_that_has_lost_something_is_made_again(project: Project, loss: str) -> None:
    assert project.cli(*RUN, "--in-process").code == 0
    (folder,) = project.pipeline_root("rows").glob("CsvExampleGen/examples/*")
    (file,) = folder.glob("Split-eval/*")
    if loss == "folder":
        shutil.rmtree(folder)
    elif loss == "file":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:500])
    ended = project.cli(*RUN, "--in-process")
    assert ended.code == 0
    assert ended.states() == {"CsvExampleGen": "ran", "Trainer": "cached", "Pusher": "cached"}


def test_a_damaged_artifact_is_named_by_who_reads_it(project: Project) -> None:
    reading = """
from penstock.data import ExamplesReader


def run_fn(fn_args):
    for _ in ExamplesReader(fn_args.train_files).batches():
        pass
"""
    assert project.cli(*RUN, "--in-process").code == 0
    (file,) = project.pipeline_root("rows").glob("CsvExampleGen/examples/*/Split-train/*")
    content = file.read_bytes()
    project.write("modules/reading.py", reading)
    file.write_bytes(content[:-8] + b"garbage!")
    ended = project.cli(*RUN, "--in-process", "--param", "module=modules/reading.py")
    assert ended.code == 1
    assert ended.error.message == f"Trainer: {file} cannot be read as Parquet"
    assert "copied whole" in ended.error["what to do"]
