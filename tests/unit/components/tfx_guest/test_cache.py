# SPDX-License-Identifier: Apache-2.0
"""What of a component of TFX its cache key knows, without TFX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.components.tfx_guest.component import TfxGuest, guest_class
from penstock.components.tfx_guest.document import GuestDocument, GuestProto
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.runtime.cache import cache_parts
from penstock.runtime.loading import load_declaration, load_role
from penstock.runtime.roles import Run

CONFIG = GuestProto("theirs.config_pb2:Config", '{"limit": 1}')
DOCUMENT = GuestDocument(
    name="Train",
    type_name="theirs.Train",
    executor_class="theirs.train:Executor",
    parameters=("module_file", "steps"),
    protos={"config": CONFIG},
    code="tfx 1.16.0 0123",
)


def parts(project: Path, guest: GuestDocument = DOCUMENT, **parameters: Any) -> dict[str, Any]:
    """The parts of the cache key of a guest, as the launcher finds them from the compiled pipeline."""
    node = guest_class(guest)({}, parameters).with_id("Train")
    ir = compile_pipeline(Pipeline("p", str(project / "root"), components=[node]), project_root=str(project))
    (compiled,) = ir.nodes
    cls = load_declaration(compiled.component, compiled.id, compiled.declaration)
    assert issubclass(cls, TfxGuest)
    context: Any = None  # only a guest with a driver of its own asks for it
    decision = load_role(cls, cls.DRIVER, compiled.id).decide(None, None, context)
    assert isinstance(decision, Run)
    return cache_parts(
        ir, compiled, cls, inputs={}, parameters=parameters, decision=decision, libraries=(), settings={}
    )


def test_a_protobuf_counts(tmp_path: Path) -> None:
    other = replace(DOCUMENT, protos={"config": replace(CONFIG, json='{"limit": 2}')})
    assert parts(tmp_path) == parts(tmp_path)
    assert parts(tmp_path) != parts(tmp_path, other)


def test_the_users_code_counts_and_not_where_it_lies(tmp_path: Path) -> None:
    for name, code in {"a": "x = 1\n", "b": "x = 1\n", "c": "x = 2\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text(code)
    a, b, c = (parts(tmp_path / name, module_file="module.py", steps=1) for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("module_file", ["gs://bucket/module.py", "memory://bucket/module.py"])
def test_code_elsewhere_counts_by_its_name(tmp_path: Path, module_file: str) -> None:
    assert parts(tmp_path, module_file=module_file)["module module_file"] == f"module_file:{module_file}"
