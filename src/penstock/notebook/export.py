# SPDX-License-Identifier: Apache-2.0
"""Writes a notebook's code as a pipeline file.

Left out are cells under ``%%skip_for_export`` or with that tag, cells in another language, lines that only a notebook
knows (``%…``, ``!…``), and statements that use the interactive context or look at artifacts. What is left, with a
``create_pipeline`` at its end, is a file like any other.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock import files
from penstock.errors import UsageError, UserCodeError, did_you_mean
from penstock.graph.node import BaseNode
from penstock.notebook.ipython import SKIP_MAGIC
from penstock.notebook.neighbourhood import variable_of

if TYPE_CHECKING:
    from penstock.notebook.context import InteractiveContext

_RUNNERS: Mapping[str, tuple[str, str]] = {
    "local": ("penstock.orchestration.local.local_dag_runner", "LocalDagRunner"),
    "beam": ("penstock.orchestration.beam.beam_dag_runner", "BeamDagRunner"),
}
_PYTHON_MAGICS = ("capture", "prun", "time", "timeit")
_CONTEXT = "InteractiveContext"
_FILE = '''\
# Written by InteractiveContext.export_to_pipeline from {notebook}.
{code}


from penstock.orchestration.pipeline import Pipeline
from {runner_module} import {runner}


def create_pipeline() -> Pipeline:
    """Returns the pipeline of the notebook's components."""
    return Pipeline(
{arguments}
    )


if __name__ == "__main__":
    {runner}().run(create_pipeline())
'''


def export_notebook(context: InteractiveContext, notebook: str, target: str, runner_type: str) -> None:
    """Writes the pipeline file of a notebook; see ``InteractiveContext.export_to_pipeline``."""
    if runner_type not in _RUNNERS:
        raise UsageError(
            f"runner_type {runner_type!r} is not known",
            expected=" or ".join(map(repr, _RUNNERS)),
            hint=did_you_mean(runner_type, _RUNNERS),
        )
    code = "\n\n\n".join(filter(None, (part.strip("\n") for part in _code(_cells(Path(notebook))))))
    tree = _parsed(code, notebook)
    module, runner = _RUNNERS[runner_type]
    assigned = _assigned(tree.body)
    components = ["components"] if "components" in assigned else list(map(_variable, _exported(context)))
    text = _FILE.format(
        notebook=Path(notebook).name,
        code=_without_context(code, tree, components),
        arguments="\n".join(f"        {line}," for line in _arguments(context, assigned, components)),
        runner_module=module,
        runner=runner,
    )
    ast.parse(text)
    files.write_atomic(str(target), text)


def _cells(path: Path) -> list[Mapping[str, Any]]:
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*.ipynb")] if path.parent.is_dir() else []
        raise UsageError(
            f"there is no notebook {path}", hint=did_you_mean(path.name, near) if near else "save it first"
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return list(document["cells"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no notebook", expected="a file that Jupyter has saved") from None


def _code(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields the Python of each cell that counts."""
    for cell in cells:
        source = cell.get("source", "")
        text = source if isinstance(source, str) else "".join(source)
        if cell.get("cell_type") == "code" and SKIP_MAGIC not in cell.get("metadata", {}).get("tags", ()):
            magic = re.match(r"\s*%%(\w+)", text)
            if magic is None or magic[1] in _PYTHON_MAGICS:
                yield "\n".join(line for line in text.splitlines() if not re.match(r"\s*[%!]", line))


def _parsed(code: str, notebook: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise UserCodeError(
            f"the code of {notebook} is not valid Python: {error.msg}",
            got=(error.text or "").strip() or None,
            hint=f"begin a cell that is not for the pipeline with %%{SKIP_MAGIC}",
        ) from error


def _without_context(code: str, tree: ast.Module, needed: Collection[str]) -> str:
    """Returns the code without the statements at its top level that use the interactive context, or what it gave.

    Args:
        code: The code.
        tree: The same, parsed.
        needed: Names that must stay assigned.
    """
    names, removed = {_CONTEXT}, []
    for statement in tree.body:
        imported = isinstance(statement, ast.ImportFrom) and any(a.name == _CONTEXT for a in statement.names)
        if imported or _uses(statement, names) or _reads_artifacts(statement):
            removed.append(statement)
            names |= _assigned([statement])
    for name in sorted(names & set(needed)):
        raise UsageError(
            f"{name} is made of what the interactive context gave, which the file does not have",
            hint=f"take channels from components: {name} = …(trainer.outputs['model'])",
        )
    lines = code.splitlines()
    for statement in removed:
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            _check_alone(statement, tree)
        for number in range(statement.lineno - 1, statement.end_lineno or statement.lineno):
            lines[number] = ""
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def _check_alone(statement: ast.stmt, tree: ast.Module) -> None:
    for other in tree.body:
        if other is not statement and other.lineno <= statement.lineno <= (other.end_lineno or other.lineno):
            raise UsageError(
                "a statement that uses the interactive context shares its line with another",
                got=ast.unparse(statement),
                hint="give it a line of its own",
            )


def _uses(tree: ast.AST, names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(tree))


def _reads_artifacts(tree: ast.AST) -> bool:
    """Says whether code has ``….outputs[…].get()`` in it, which gives artifacts in a notebook only."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and not node.args
        and any(isinstance(part, ast.Attribute) and part.attr == "outputs" for part in ast.walk(node.func))
        for node in ast.walk(tree)
    )


def _assigned(statements: Iterable[ast.stmt]) -> set[str]:
    """Returns the names that statements assign, at their top level."""
    targets: list[ast.expr] = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
            targets.append(statement.target)
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _arguments(context: InteractiveContext, assigned: set[str], components: Sequence[str]) -> Iterator[str]:
    """Yields the arguments of the pipeline: the notebook's own variables where it has TFX's names for them."""
    if "_pipeline_name" in assigned:
        yield "pipeline_name=_pipeline_name"
    else:
        yield f"pipeline_name={context.pipeline_name!r}"
    if "_pipeline_root" in assigned:
        yield "pipeline_root=_pipeline_root"
    elif not context.is_temporary:
        yield f"pipeline_root={context.pipeline_root!r}"
    yield "components=components" if "components" in assigned else f"components=[{', '.join(components)}]"
    yield "enable_cache=True"
    if context.beam_pipeline_args:
        yield f"beam_pipeline_args={context.beam_pipeline_args!r}"


def _exported(context: InteractiveContext) -> list[BaseNode]:
    nodes = context.components()
    if not nodes:
        raise UsageError(
            "there is nothing to export",
            got="no component has been run in this context",
            hint="run the components, or list them in a variable: components = [example_gen, …]",
        )
    return nodes


def _variable(node: BaseNode) -> str:
    name = variable_of(node)
    if name is None:
        raise UsageError(
            f"component {node.id} is held by no variable, which the file would need",
            hint=f"write x = {type(node).__name__}(…) and context.run(x), or list all in components = […]",
        )
    return name
