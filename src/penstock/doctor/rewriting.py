# SPDX-License-Identifier: Apache-2.0
"""New imports for old ones, as text and as a patch."""

from __future__ import annotations

import ast
import difflib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.doctor.bindings import Import, imports, is_of_tfx
from penstock.doctor.names import modules, names, ours, verdict


@dataclass(frozen=True, slots=True)
class Replacement:
    """A statement that takes the place of an import.

    Attributes:
        statement: The import.
        old: Its text, in one line.
        new: The new text, in one line.
    """

    statement: Import
    old: str
    new: str


def replacements(tree: ast.Module) -> Iterator[Replacement]:
    """Yields the imports of TFX that can be replaced, with what replaces them."""
    for statement in imports(tree):
        new = _replaced(statement)
        if new is not None:
            yield Replacement(statement, ast.unparse(statement), new)


def _replaced(statement: Import) -> str | None:
    if isinstance(statement, ast.Import):
        if not any(is_of_tfx(alias.name) for alias in statement.names):
            return None
        new = (name for alias in statement.names for name in _imported(alias))
        return "import " + ", ".join(dict.fromkeys(new))
    if statement.level or not is_of_tfx(statement.module):
        return None
    assert statement.module is not None
    if statement.module == "tfx" and [alias.name for alias in statement.names] == ["v1"]:
        name = statement.names[0].asname
        return f"import penstock as {name}" if name else "from penstock import v1"
    if not any(is_here(imported(statement.module, alias)) for alias in statement.names):
        return None
    listed = ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in statement.names)
    return f"from {ours(statement.module)} import {listed}"


def _imported(alias: ast.alias) -> Iterator[str]:
    """Yields what an ``import`` of one module becomes."""
    if not is_of_tfx(alias.name):
        yield f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    elif alias.asname:
        yield f"{ours(alias.name)} as {alias.asname}"
    else:
        # `import tfx.v1` binds `tfx`; what the code then says, tfx.v1.components, is there under the new name too. What
        # lies deeper, tfx.proto.trainer_pb2, only is once it has been imported.
        if ours(alias.name).count(".") > 1 and is_here(alias.name):
            yield ours(alias.name)
        yield "penstock as tfx"


def imported(module: str, alias: ast.alias) -> str:
    """Returns the path of what an import takes from a module; that of the module where it takes all."""
    return module if alias.name == "*" else f"{module}.{alias.name}"


def is_here(path: str) -> bool:
    """Says whether what a path of TFX names can be imported here."""
    if path in names():
        found = verdict(names()[path])
        return found.state != "absent" or found.importable
    members = modules().get(path)
    if members is not None:
        return any(is_here(member.path) for member in members)
    return any(module.startswith(f"{path}.") and is_here(module) for module in modules())


def patched(source: str, tree: ast.Module) -> str:
    """Returns the source with its imports replaced; comments and line breaks inside them stay."""
    lines = _lines(source)
    for replacement in reversed(list(replacements(tree))):
        statement = replacement.statement
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        text = "".join(lines[first : last + 1])
        lines[first : last + 1] = [_in_place(text, statement, replacement.new)]
    return "".join(lines)


def _in_place(text: str, statement: Import, new: str) -> str:
    if isinstance(statement, ast.ImportFrom) and new.startswith("from ") and statement.module:
        module = new.split()[1]
        return re.sub(
            rf"from(\s+){re.escape(statement.module)}(\s+import)", rf"from\1{module}\2", text, count=1
        )
    # Columns count bytes of UTF-8.
    start, end = statement.col_offset, statement.end_col_offset or 0
    lines = _lines(text)
    return lines[0].encode()[:start].decode() + new + lines[-1].encode()[end:].decode()


def patch(path: str, source: str, new: str) -> str:
    """Returns a unified diff that ``git apply`` and ``patch -p1`` take; empty where nothing changes."""
    told = difflib.unified_diff(_lines(source), _lines(new), f"a/{path}", f"b/{path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in told
    )


def _lines(source: str) -> list[str]:
    """Returns the lines that Python counts, with their ends; a form feed ends none."""
    return list(io.StringIO(source, newline=""))
