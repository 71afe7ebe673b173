# SPDX-License-Identifier: Apache-2.0
"""What of a program becomes the module of a component; the program is a file that was run, or cells."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import PipelineError
from penstock.graph.carrying.carrier import CarriedModule, carry, name_in

HEAD = """
from penstock.components.function_component.annotations import OutputDict, Parameter
from penstock.components.function_component.component import component
"""


@pytest.fixture(autouse=True)
def forgetful_linecache() -> Iterator[None]:
    before = dict(linecache.cache)
    yield
    linecache.cache.clear()
    linecache.cache.update(before)


class Program:
    """A program in a file, which has been run as ``python FILE`` runs it."""

    def __init__(self, folder: Path, source: str, *, head: str = HEAD) -> None:
        self.file = folder / "program.py"
        self.file.write_text(head + textwrap.dedent(source))
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(self.file)}
        code = compile(self.file.read_text(), str(self.file), "exec", dont_inherit=True)
        exec(code, self.namespace)

    def carried(self, name: str = "f") -> CarriedModule:
        return carry(self.namespace[name], str(self.file.parent))


def test_only_what_is_used_is_carried(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
        import json, os
        import os.path as paths
        A, UNUSED = 1, 2
        B = A + 1
        def helper():
            return json.dumps(B)
        @component
        def f() -> OutputDict(text=str):
            return {"text": helper()}
        """,
    )
    carried = program.carried()
    assert carried.attribute == "f"
    assert carried.text == textwrap.dedent('''\
        """f, and what it uses of the program that it was defined in."""

        from penstock.components.function_component.annotations import OutputDict
        from penstock.components.function_component.component import component
        import json

        B = 2


        # --- program.py, line 9
        def helper():
            return json.dumps(B)


        # --- program.py, line 11
        @component
        def f() -> OutputDict(text=str):
            return {"text": helper()}
        ''')


def test_the_name_follows_from_the_code_and_not_from_its_place(tmp_path: Path) -> None:
    source = "@component\ndef f():\n    return None\n"
    for folder in "abc":
        (tmp_path / folder).mkdir()
    first = Program(tmp_path / "a", source).carried()
    moved = Program(tmp_path / "b", "\n\n# moved\n" + source).carried()
    changed = Program(tmp_path / "c", source.replace("None", "{}")).carried()
    assert first.name == moved.name != changed.name
    assert first.name.startswith("penstock_main_")


def test_what_is_needed_at_once_comes_first(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
        def register(kind):
            return lambda function: function
        class Kind:
            pass
        class Special(Kind):
            def other(self):
                return again()
        def again():
            return Special()
        @component
        def f():
            again()
        """,
    )
    text = program.carried().text
    assert text.index("class Kind") < text.index("class Special") < text.index("def f")
    assert "register" not in text


def test_imports_in_branches_are_found(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
        try:
            import json as codec
        except ImportError:
            codec = None
        if True:
            def helper():
                return codec
        @component
        def f():
            helper()
        """,
    )
    text = program.carried().text
    assert "import json as codec\n" in text
    assert "\ndef helper():\n    return codec\n" in text


def test_a_module_of_which_parts_are_used_keeps_all_its_imports(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        "import os.path\nimport os\nimport xml.dom\nimport xml.sax\n@component\ndef f():\n    os, xml.sax\n",
    )
    assert "import os.path\nimport os\n" in program.carried().text
    assert "import xml.dom\nimport xml.sax\n" in program.carried().text


def test_annotations_that_are_text_stay_text(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        "import json\n@component\ndef f(n: Parameter[int] = 3):\n    json\n",
        head="from __future__ import annotations" + HEAD,
    )
    assert "\nfrom __future__ import annotations\n" in program.carried().text


def test_types_and_other_names_are_carried_as_they_were_assigned(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        """
        import collections, functools, typing
        import penstock.errors as errors
        Point = collections.namedtuple("Point", "x y")
        Error = errors.PenstockError
        Out = OutputDict(n=int)
        Number = typing.Union[int, float]
        mean = lambda values: sum(values) / len(values)
        def plain(n):
            return n
        same = plain
        cached = functools.lru_cache(maxsize=None)(plain)
        @component
        def f() -> Out:
            return {"n": Point(1, 2).x, "m": (Error, Number, mean, same, cached)}
        """,
    )
    text = program.carried().text
    for line in (
        'Point = collections.namedtuple("Point", "x y")',
        "Error = errors.PenstockError",
        "Out = OutputDict(n=int)",
        "Number = typing.Union[int, float]",
        "mean = lambda values: sum(values) / len(values)",
        "same = plain",
        "cached = functools.lru_cache(maxsize=None)(plain)",
    ):
        assert f"\n{line}\n" in text
    assert text.index("def plain") < text.index("same = plain")


def test_what_was_imported_with_all_of_its_module_is_imported_by_name(tmp_path: Path) -> None:
    carried = Program(
        tmp_path,
        """
        from string import *
        from typing import *
        digits = "01"
        @component
        def f(n: Parameter[List[int]]) -> OutputDict(text=str, counts=Dict[str, int]):
            return {"text": digits + punctuation, "counts": {}}
        """,
    ).carried()
    assert "from string import punctuation\n" in carried.text
    assert "import *" not in carried.text
    namespace: dict[str, Any] = {"__name__": carried.name}
    exec(carried.text, namespace)
    assert namespace["f"].test_call([1])["text"].startswith("01!")


def test_what_comes_from_the_environment_is_read_there_and_never_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hush")
    carried = Program(
        tmp_path,
        """
        import os
        from os import getenv
        PLAIN = "plain"
        TOKEN = os.environ["TOKEN"]
        HEADERS = {"Authorization": f"Bearer {TOKEN}", "plain": PLAIN}
        WHO: str = getenv("TOKEN", "")
        @component
        def f() -> OutputDict(text=str):
            return {"text": str((HEADERS, WHO))}
        """,
    ).carried()
    assert "hush" not in carried.text
    namespace: dict[str, Any] = {"__name__": carried.name}
    monkeypatch.setenv("TOKEN", "elsewhere")
    exec(carried.text, namespace)
    assert namespace["HEADERS"] == {"Authorization": "Bearer elsewhere", "plain": "plain"}
    assert namespace["WHO"] == "elsewhere"


def test_the_file_of_the_program_is_a_constant_where_it_is_asked_for(tmp_path: Path) -> None:
    program = Program(tmp_path, "@component\ndef f():\n    return __file__\n")
    assert f"__file__ = {str(program.file)!r}\n" in program.carried().text


def test_a_component_under_another_name_is_found(tmp_path: Path) -> None:
    program = Program(tmp_path, "def work():\n    pass\nmade = component(work)\n")
    carried = program.carried("made")
    assert carried.attribute == "made"
    assert "made = component(work)\n" in carried.text


def test_a_class_without_methods_is_found(tmp_path: Path) -> None:
    program = Program(
        tmp_path,
        "from penstock.artifacts.artifact import Artifact\nclass Kind(Artifact):\n    TYPE_NAME = 'K'\n",
    )
    assert "class Kind(Artifact):" in program.carried("Kind").text


def test_what_has_no_source_anew_is_refused(tmp_path: Path) -> None:
    program = Program(tmp_path, "opened = open(__file__)\n@component\ndef f():\n    opened.read()\n")
    with pytest.raises(
        PipelineError, match="f: f uses the global 'opened'.*TextIOWrapper.*make opened inside of f"
    ):
        program.carried()
    program.namespace["opened"].close()


def test_a_constant_may_be_long_but_not_endless(tmp_path: Path) -> None:
    program = Program(tmp_path, "data = ['x'] * 30_000\n@component\ndef f():\n    data\n")
    with pytest.raises(PipelineError, match="f uses the global 'data'"):
        program.carried()


def test_names_in_a_namespace() -> None:
    assert name_in({"Path": Path}, Path) == "Path"
    assert name_in({"other": Path}, Path) == "other"
    assert name_in({"Path": 3}, Path) == ""
    assert name_in({"CarriedModule": CarriedModule}, Path) == ""
