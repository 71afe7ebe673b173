# SPDX-License-Identifier: Apache-2.0
"""Examines one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from penstock.doctor.bindings import bindings, bound, imports, is_of_tfx, uses
from penstock.doctor.findings import Finding
from penstock.doctor.habits import habits
from penstock.doctor.names import TfxName, argument_notes, in_tfx, key, modules, names, unlisted, verdict
from penstock.doctor.rewriting import imported, patch, patched, replacements


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found in a file.

    Attributes:
        path: The file, as it was given.
        findings: What was found, by line.
        patch: A unified diff that changes its imports; empty where none is to be changed.
    """

    path: str
    findings: tuple[Finding, ...] = field(default=())
    patch: str = ""


def examine(path: str, source: str) -> Examination:
    """Examines a file's source, which is parsed and not run.

    Args:
        path: What to call the file.
        source: Its text.

    Raises:
        SyntaxError: It is no Python.
    """
    tree = ast.parse(source)
    found = {*_imports(path, tree), *_names(path, tree), *_calls(path, tree), *habits(path, tree)}
    order = {"import": 0, "change": 1, "differs": 2}
    findings = sorted(found, key=lambda finding: (finding.line, order[finding.kind], finding.name))
    return Examination(path, tuple(findings), patch(path, source, patched(source, tree)))


def _imports(path: str, tree: ast.Module) -> Iterator[Finding]:
    for replacement in replacements(tree):
        yield Finding(path, replacement.statement.lineno, "import", replacement.old, replacement.new)
    for statement in imports(tree):
        if isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                target = in_tfx(imported(f"{statement.module}", alias))
                if is_of_tfx(target):
                    yield from _told(path, statement.lineno, target, importing=True)


def _names(path: str, tree: ast.Module) -> Iterator[Finding]:
    at_imports = {in_tfx(target) for statement in imports(tree) for _, target in bound(statement)}
    for node, target in uses(tree, _known(tree)):
        # What was imported is told at its import, and so is all that is in a module that is not here.
        inside = any(target.startswith(f"{known}.") for known in at_imports if _is_missing(known))
        if is_of_tfx(target) and target not in at_imports and not inside:
            yield from _told(path, node.lineno, target)


def _known(tree: ast.Module) -> Mapping[str, str]:
    """Returns what the names stand for that a file imports, in TFX's paths also where its imports have been changed."""
    return {name: in_tfx(path) for name, path in bindings(tree).items()}


def _told(path: str, line: int, target: str, *, importing: bool = False) -> Iterator[Finding]:
    """Yields what is to be said of a dotted path of TFX; a name's own attributes are its own affair."""
    parts = target.split(".")
    for length in range(len(parts), 1, -1):
        name = names().get(".".join(parts[:length]))
        if name is not None:
            yield from _of_name(path, line, name)
            return
    if _is_unknown(target):
        told = _as_far_as_known(target)
        yield Finding(path, line, "change", told, unlisted(told))
    elif importing and _is_missing(target):
        yield Finding(path, line, "change", key(target), verdict(modules()[target][0]).text)


def _of_name(path: str, line: int, name: TfxName) -> Iterator[Finding]:
    found = verdict(name)
    if found.state == "absent":
        yield Finding(path, line, "change", key(name.path), found.text)
    elif found.state == "differs":
        yield Finding(path, line, "differs", key(name.public or name.path), found.text)


def _is_unknown(target: str) -> bool:
    """Says whether a path of TFX is neither a listed name, nor a listed module, nor a package of such."""
    if not is_of_tfx(target) or target in names() or target in modules():
        return False
    return not any(module.startswith(f"{target}.") for module in modules())


def _is_missing(target: str) -> bool:
    """Says whether a path of TFX is a module of which nothing is here."""
    members = modules().get(target, ())
    return _is_unknown(target) or bool(members and not any(verdict(member).importable for member in members))


def _as_far_as_known(target: str) -> str:
    """Returns a path up to the first part that is not known; all of it where none of its modules is."""
    parts = target.split(".")
    for length in range(len(parts) - 1, 1, -1):
        module = ".".join(parts[:length])
        if not _is_unknown(module):
            return ".".join(parts[: length + 1])
    return target


def _calls(path: str, tree: ast.Module) -> Iterator[Finding]:
    known = bindings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for _, target in uses(ast.Module([ast.Expr(node.func)], []), known):
                name = names().get(in_tfx(target))
                if name is not None and verdict(name).state != "absent":
                    yield from _arguments(path, node, name, written_for_tfx=is_of_tfx(target))


def _arguments(path: str, call: ast.Call, name: TfxName, *, written_for_tfx: bool) -> Iterator[Finding]:
    notes = argument_notes(name)
    for argument, line, is_named in _given(call, name):
        note = notes.get(argument)
        if note is not None and not (note.by_name and is_named):
            yield Finding(path, line, note.kind, f"{name.name}({argument}=…)", note.text)
        elif note is None and not _takes(name, argument) and (written_for_tfx or argument in _REMOVED):
            text = _REMOVED.get(
                argument, "TFX 1.16 does not take it either; see the component's documentation."
            )
            yield Finding(path, line, "change", f"{name.name}({argument}=…)", text)


def _given(call: ast.Call, name: TfxName) -> Iterator[tuple[str, int, bool]]:
    """Yields the arguments of a call: name, line, and whether it is given by its name."""
    for argument, value in zip(name.arguments or (), call.args, strict=False):
        if argument.startswith("*") or isinstance(value, ast.Starred):
            break
        yield argument, value.lineno, False
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value.lineno, True


def _takes(name: TfxName, argument: str) -> bool:
    if name.kind == "message":
        return argument in name.fields
    if name.kind != "class" or name.arguments is None:
        return True
    return (
        argument in name.arguments
        or argument in name.head
        or any(known.startswith("**") for known in name.arguments)
    )


_REMOVED: Mapping[str, str] = {
    "instance_name": "TFX 1.0 has removed it: call .with_id('…') on the component.",
    "input": "TFX 1.0 has removed it: give the folder itself, input_base='…'.",
    "additional_pipeline_args": "TFX 1.0 has removed it: beam_pipeline_args takes what is for Beam.",
    "log_root": "It is gone: logs lie beside the outputs of each node.",
}
