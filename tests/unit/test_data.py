# SPDX-License-Identifier: Apache-2.0
"""The facade ``penstock.data``."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from penstock import data

SOURCE = Path(__file__).parents[2] / "src"


def test_what_type_checkers_see_is_what_there_is() -> None:
    block = next(node for node in ast.parse(inspect.getsource(data)).body if isinstance(node, ast.If))
    homes = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(homes) == vars(data)["__all__"]
    for name, module in homes.items():
        assert module is not None
        assert getattr(data, name) is getattr(importlib.import_module(module), name)


def test_what_a_declaration_and_a_driver_need_loads_no_library() -> None:
    program = (
        "import sys\n"
        "from penstock.data import FileBasedExampleGen, FileBasedExampleGenDriver, FileBasedExampleGenPublisher\n"
        "assert not {'numpy', 'pyarrow', 'fsspec', 'tensorflow'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_writes_what_it_reads(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict({"id": [1, 2, None], "tags": [["a"], [], ["b", "c"]]})
    with data.ExamplesWriter(str(tmp_path)) as writer:
        writer.write("train", batch)
    assert data.read_table(str(tmp_path / "Split-train")).to_pydict() == batch.to_pydict()
    assert writer.features == data.FeatureSet(
        (data.FeatureSpec("id", "int"), data.FeatureSpec("tags", "bytes", is_list=True, is_text=True))
    )
    assert writer.close()["train"].rows == 3


def test_shares_out_rows() -> None:
    rule = data.SplitRule((data.SplitShare("a", 1), data.SplitShare("b", 1)))
    batch = pa.RecordBatch.from_pydict({"id": list(range(1000))})
    parts = dict(data.split_batch(batch, rule))
    assert sorted(row for part in parts.values() for row in part.column(0).to_pylist()) == list(range(1000))
    assert 400 < parts["a"].num_rows < 600
