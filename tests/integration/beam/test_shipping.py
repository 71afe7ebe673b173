# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.internal import cloudpickle

from penstock.beam.shipping import shipped_modules


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shipped_helper.py").write_text("FACTOR = 7\n\n\ndef scale(x):\n    return x * FACTOR\n")
    (tmp_path / "shipped_module.py").write_text(
        "from shipped_helper import scale\n\n\ndef work(x):\n    return scale(x) + 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("shipped_helper", "shipped_module"):
        sys.modules.pop(name, None)
    return tmp_path


def test_a_users_function_and_its_siblings_work_where_their_files_are_not(project: Path) -> None:
    module = importlib.import_module("shipped_module")
    with shipped_modules([str(project)]) as shipped:
        (project / "work.pkl").write_bytes(cloudpickle.dumps(module.work))
    assert shipped == ["shipped_helper", "shipped_module"]
    code = f"import pickle; print(pickle.load(open({str(project / 'work.pkl')!r}, 'rb'))(6))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == "43"


def test_installed_packages_travel_by_name() -> None:
    root = str(Path(__file__).parents[3])
    with shipped_modules([root]) as shipped:
        assert pickle.loads(cloudpickle.dumps(shipped_modules)) is shipped_modules
    assert not [name for name in shipped if name.startswith(("penstock", "apache_beam", "pytest"))]


def test_afterwards_all_travel_by_name_again(project: Path) -> None:
    importlib.import_module("shipped_module")
    with shipped_modules([str(project)]):
        assert "shipped_module" in cloudpickle.list_registry_pickle_by_value()
    assert not cloudpickle.list_registry_pickle_by_value()
