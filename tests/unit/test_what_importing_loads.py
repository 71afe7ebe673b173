# SPDX-License-Identifier: Apache-2.0
"""What may be imported without a heavy library coming along; each case in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
COMPONENTS = SOURCE / "penstock" / "components"

TENSORFLOW_AND_BEAM = {
    "apache_beam",
    "keras",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tensorflow_transform",
    "tf_keras",
    "tfx_bsl",
}
HEAVY = TENSORFLOW_AND_BEAM | {"click", "fsspec", "ml_metadata", "numpy", "pandas", "pyarrow", "rich", "yaml"}

PROGRAM = """
import json, sys
before = set(sys.modules)
{code}
print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""


def loaded_by(code: str) -> set[str]:
    program = PROGRAM.format(code=code)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": str(SOURCE)},
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def light_modules() -> list[str]:
    roles = sorted(COMPONENTS.glob("*/component.py")) + sorted(COMPONENTS.glob("*/driver.py"))
    roles += sorted(COMPONENTS.glob("*/publisher.py"))
    return [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in roles]


def test_importing_penstock_loads_no_library() -> None:
    assert not loaded_by("import penstock") & HEAVY
    assert not loaded_by("from penstock import v1") & HEAVY


def test_naming_components_and_runners_loads_no_library() -> None:
    code = """
import penstock as tfx
tfx.components.CsvExampleGen, tfx.components.Trainer, tfx.components.Evaluator, tfx.components.Pusher
tfx.dsl.Pipeline, tfx.dsl.Resolver, tfx.proto.TrainArgs, tfx.types.standard_artifacts.Model
"""
    assert not loaded_by(code) & HEAVY


def test_no_public_name_of_tfx_loads_a_library() -> None:
    code = """
from importlib import import_module
from penstock.doctor.names import names, ours
for name in names().values():
    if name.is_public:
        getattr(import_module(ours(name.module)), name.name)
"""
    assert not loaded_by(code) & HEAVY


def test_the_doctor_loads_only_the_command_line() -> None:
    code = """
from penstock.cli.main import main
sys.argv = ["penstock", "doctor", __import__("penstock").__file__]
try:
    main()
except SystemExit:
    pass
"""
    assert not loaded_by(code) & (HEAVY - {"click"})


def test_the_commands_help_loads_only_the_command_line() -> None:
    code = """
from penstock.cli.main import main
sys.argv = ["penstock", "--help"]
try:
    main()
except SystemExit:
    pass
"""
    assert not loaded_by(code) & (HEAVY - {"click", "rich"})


def test_declarations_drivers_and_publishers_load_no_tensorflow_and_no_beam() -> None:
    modules = light_modules()
    assert len(modules) >= 30
    loaded = loaded_by(f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert not loaded & TENSORFLOW_AND_BEAM


def built_components() -> list[str]:
    declarations = sorted(COMPONENTS.glob("*/component.py"))
    return [path.parent.name for path in declarations if "import not_built" not in path.read_text()]


def test_most_components_are_built() -> None:
    assert len(built_components()) >= 13


@pytest.mark.parametrize("folder", built_components())
def test_a_components_folder_shows_its_roles(folder: str) -> None:
    files = {path.name for path in (COMPONENTS / folder).iterdir()}
    assert {"component.py", "driver.py", "executor.py", "publisher.py"} <= files
