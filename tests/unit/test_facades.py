# SPDX-License-Identifier: Apache-2.0
"""The public namespaces: every name resolves, and type checkers see the same names as the interpreter."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import penstock as tfx
from penstock.lazy import lazy_names

SOURCE = Path(tfx.__file__).parent
LAZY = sorted(
    path for path in SOURCE.rglob("*.py") if "lazy_names(" in path.read_text() and path.name != "lazy.py"
)


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def names_for_type_checkers(path: Path) -> set[str]:
    names: set[str] = set()
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            for inner in statement.body:
                if isinstance(inner, ast.ImportFrom):
                    names.update(alias.asname or alias.name for alias in inner.names)
                elif isinstance(inner, ast.Assign):
                    names.update(target.id for target in inner.targets if isinstance(target, ast.Name))
    return names


def test_there_are_facades() -> None:
    assert {"penstock", "penstock.components", "penstock.dsl", "penstock.types"} <= set(
        map(module_name, LAZY)
    )


@pytest.mark.parametrize("path", LAZY, ids=module_name)
def test_type_checkers_see_the_same_names_and_each_resolves(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    assert names_for_type_checkers(path) == set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_the_names_of_the_tutorials_are_there() -> None:
    for name in (
        "CsvExampleGen", "ImportExampleGen", "StatisticsGen", "SchemaGen", "ImportSchemaGen", "ExampleValidator",
        "Transform", "Trainer", "Evaluator", "Pusher", "FnArgs", "DataAccessor",
    ):  # fmt: skip
        assert getattr(tfx.components, name).__name__ == name
    assert tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model).type_name == "Model"
    assert tfx.dsl.Resolver is not None
    assert tfx.dsl.Importer is not None
    assert tfx.dsl.experimental.RuntimeParameter is tfx.dsl.RuntimeParameter
    assert tfx.dsl.experimental.LatestBlessedModelStrategy is not None
    assert tfx.types.Channel is tfx.types.BaseChannel is tfx.dsl.Channel
    assert tfx.types.BaseBeamComponent is tfx.types.BaseComponent
    config = tfx.orchestration.metadata.sqlite_metadata_connection_config("/tmp/m.db")
    assert isinstance(config, tfx.orchestration.metadata.ConnectionConfigType)
    assert tfx.proto.PushDestination.Filesystem(base_directory="/x").base_directory == "/x"
    assert issubclass(tfx.testing.Channel, tfx.dsl.Channel)
    assert tfx.v1.components.Trainer is tfx.components.Trainer


def test_the_longer_paths_of_tfx_work() -> None:
    from penstock.orchestration.beam.beam_dag_runner import BeamDagRunner
    from penstock.orchestration.local.local_dag_runner import LocalDagRunner
    from penstock.orchestration.pipeline import Pipeline

    assert LocalDagRunner is tfx.orchestration.LocalDagRunner
    assert BeamDagRunner is tfx.orchestration.BeamDagRunner
    assert Pipeline is tfx.dsl.Pipeline


def test_standard_artifacts_are_all_of_them() -> None:
    from penstock.artifacts.standard import STANDARD_TYPES

    for name in STANDARD_TYPES:
        assert getattr(tfx.types.standard_artifacts, name).TYPE_NAME == name


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        AttributeError,
        match=r"'penstock.components' has no attribute 'CsvExampleGenn'; did you mean 'CsvExampleGen'",
    ):
        tfx.components.CsvExampleGenn  # noqa: B018  the access is the test
    with pytest.raises(ImportError, match="cannot import name 'Piepline'"):
        exec("from penstock.dsl import Piepline")


def test_a_lazy_name_is_imported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    facade = types.ModuleType("a_facade")
    monkeypatch.setitem(sys.modules, "a_facade", facade)
    get, listed, names = lazy_names(
        "a_facade", {"join": "os.path", "same": "os.path:join", "path": "os.path:"}
    )
    import os.path

    assert get("join") is get("same") is os.path.join
    assert get("path") is os.path
    assert facade.join is os.path.join
    assert names == ["join", "path", "same"]
    assert set(names) <= set(listed())


V1 = sorted(path for path in (SOURCE / "v1").rglob("*.py") if "names_of(" in path.read_text())


def test_code_may_import_from_the_modules_of_v1() -> None:
    assert len(V1) == 21
    # In a process of its own: an import of a module sets it as the attribute of the package that it is in.
    lines = ["import importlib"]
    for path in V1:
        module = module_name(path)
        home = module.replace("penstock.v1.", "penstock.")
        lines += [
            f"one, other = importlib.import_module({module!r}), importlib.import_module({home!r})",
            "assert dir(one) == dir(other)",
            "for name in getattr(other, '__all__', ()): assert getattr(one, name) is not None, name",
        ]
    lines += [
        "from penstock.v1.dsl.components import InputArtifact, Parameter, component",
        "from penstock.v1.types.standard_artifacts import Model",
        "from penstock.v1.dsl.io import fileio",
        "from penstock.v1.components import *",
        "assert Trainer.__name__ == 'Trainer'",
        "import penstock.v1 as tfx",
        "from penstock.artifacts.standard import Model as known",
        "assert tfx.types.standard_artifacts.Model is Model is known",
        "try: tfx.components.CsvExampelGen",
        "except AttributeError as error: assert 'CsvExampleGen' in str(error)",
        "else: raise AssertionError",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
