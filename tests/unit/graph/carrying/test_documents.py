# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.graph.carrying.documents import Document, codes_of, documents_of

SOURCE = """from __future__ import annotations
import os.path, json as codec
from a import b as c

if True:
    LIMIT: int = 3
    lonely: int

@decorated
@twice
def f():
    return 1

class A:
    x = 1

first = second = 3
a.b = 4
try:
    import fast
except ImportError:
    fast = None
"""


@pytest.fixture(autouse=True)
def forgetful_linecache() -> Iterator[None]:
    before = dict(linecache.cache)
    linecache.cache.clear()  # files of other tests that a traceback has shown, and that are gone since, are as cells
    yield
    linecache.cache.clear()
    linecache.cache.update(before)


def document(folder: Path, source: str = SOURCE) -> Document:
    file = folder / "program.py"
    file.write_text(source)
    return documents_of({"__file__": str(file)})[0]


def test_statements_are_found_by_the_names_that_they_bind(tmp_path: Path) -> None:
    found = document(tmp_path)
    assert {name: [s.line for s in statements] for name, statements in found.statements.items()} == {
        "annotations": [1], "os": [2], "codec": [2], "c": [3], "LIMIT": [6], "f": [9], "A": [14], "first": [17],
        "second": [17], "fast": [20, 22],
    }  # fmt: skip
    assert found.future_annotations
    assert not found.is_cell


def test_a_statement_has_its_own_text(tmp_path: Path) -> None:
    statements = document(tmp_path).statements
    assert statements["f"][0].text == "@decorated\n@twice\ndef f():\n    return 1\n"
    assert statements["LIMIT"][0].text == "LIMIT: int = 3\n"
    assert isinstance(statements["fast"][1].node, ast.Assign)


def test_text_in_an_indented_definition_keeps_its_lines(tmp_path: Path) -> None:
    found = document(tmp_path, 'if True:\n    def f():\n        return """a\n  b"""\n')
    assert found.statements["f"][0].text == 'def f():\n    return """a\n  b"""\n'


@pytest.mark.parametrize("source", ["", "# nothing\n", "def broken(:\n"])
def test_what_says_nothing_is_no_document(tmp_path: Path, source: str) -> None:
    (tmp_path / "program.py").write_text(source)
    assert documents_of({"__file__": str(tmp_path / "program.py")}) == []


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("<ipython-input-3-abc>", 1.5),
        ("/tmp/ipykernel_17/12.py", 1.5),
        ("prompt", None),
        ("/not/there.py", 2.5),
    ],
)
def test_cells_are_documents_in_the_order_in_which_they_ran(name: str, time: float | None) -> None:
    linecache.cache["<ipython-input-1>"] = (9, None, ["before = 1\n"], "<ipython-input-1>")
    linecache.cache[name] = (5, time, ["x = 1\n"], name)  # type: ignore[assignment]  # IPython sets a time, or none
    found = [d for d in documents_of({}) if d.filename in ("<ipython-input-1>", name)]
    assert [d.filename for d in found] == ["<ipython-input-1>", name]
    assert all(d.is_cell for d in found)
    assert found[0].statements["before"][0].place < found[1].statements["x"][0].place


class Methods:
    def method(self) -> None: ...

    @functools.lru_cache  # noqa: B019  never called
    def cached(self) -> None: ...


def test_the_code_of_what_was_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain() -> None: ...

    wrapped = functools.lru_cache(plain)
    assert [code.co_name for code in codes_of(plain)] == ["plain"]
    assert [code.co_name for code in codes_of(wrapped)] == ["plain"]
    assert codes_of(3) == []
    methods: Any = vars(Methods)
    monkeypatch.setattr(methods["method"], "__module__", "__main__")
    assert [code.co_name for code in codes_of(Methods)] == ["method"]
