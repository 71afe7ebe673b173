# SPDX-License-Identifier: Apache-2.0
"""A folder in an object store as a source, and one for the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from streams import running, setup_in

from penstock.inference.streaming.incoming import SourceLostError


def test_objects_are_scored_as_they_come_and_results_are_objects(bucket: str, tmp_path: Path) -> None:
    import s3fs

    store = s3fs.S3FileSystem()
    setup = setup_in(
        tmp_path,
        folder=f"{bucket}/in",
        pattern="**/*.csv",
        output=f"{bucket}/out",
        dead_letters=f"{bucket}/failed",
        state="state",
        give_up_seconds=0.2,
    )

    def rows() -> dict[Any, Any]:
        store.invalidate_cache()
        found = {}
        for name in store.glob(f"{bucket}/out/*.parquet"):
            with store.open(name) as file:
                found.update({row["id"]: row["y"] for row in pq.read_table(file).to_pylist()})
        return found

    with running(setup) as stream:
        stream.until(lambda: stream.texts("models"))
        store.pipe_file(f"{bucket}/in/a.csv", b"id,x\na,1\n")
        stream.until(lambda: rows() == {"a": 5})
        store.pipe_file(f"{bucket}/in/below/b.csv", b"id,x\nb,2\n")
        store.pipe_file(f"{bucket}/in/_temporary/c.csv", b"id,x\nc,2\n")
        store.pipe_file(f"{bucket}/in/empty.csv", b"")
        stream.until(lambda: rows() == {"a": 5, "b": 10})
        stream.until(lambda: stream.told("empty.csv goes to the dead letters"))
        store.pipe_file(f"{bucket}/in/a.csv", b"id,x\nnewer,3\n")
        stream.until(lambda: rows() == {"a": 5, "b": 10, "newer": 15})
    with running(setup) as again:
        again.until(lambda: again.texts("models"))
        store.pipe_file(f"{bucket}/in/d.csv", b"id,x\nd,4\n")
        again.until(lambda: rows() == {"a": 5, "b": 10, "newer": 15, "d": 20})
    assert len(store.ls(f"{bucket}/out")) == 4
    assert len(store.ls(f"{bucket}/failed")) == 1


def test_a_bucket_that_is_not_there_ends_the_stream_with_one_error(bucket: str, tmp_path: Path) -> None:
    setup = setup_in(tmp_path, folder="s3://no-such-bucket-anywhere/in", missing_seconds=0.3)
    with pytest.raises(SourceLostError, match="watched folder is out of reach"), running(setup) as stream:
        stream.join()
