# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import penstock.messages, penstock.proto
for module in pkgutil.iter_modules(penstock.messages.__path__):
    importlib.import_module(f"penstock.messages.{module.name}")
for module in pkgutil.iter_modules(penstock.proto.__path__):
    importlib.import_module(f"penstock.proto.{module.name}")
from penstock.messages.evaluation import EvalConfig
EvalConfig.coerce(EvalConfig(model_specs=[{"label_key": "a"}]).to_json())
heavy = {"google", "numpy", "pyarrow", "tensorflow", "apache_beam", "ml_metadata", "typing_extensions", "asyncio"}
print(sorted(heavy & set(sys.modules)))
"""


def test_messages_import_no_protobuf_and_nothing_heavy() -> None:
    # -I -S: without the environment's .pth files, which import google namespace packages on their own.
    paths = f"import sys; sys.path[:0] = {[path for path in sys.path if path.endswith('src')]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", paths + PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_asking_the_facade_for_one_name_imports_one_module() -> None:
    program = (
        "import sys, penstock.proto\n"
        "assert not [name for name in sys.modules if name.startswith('penstock.messages')]\n"
        "penstock.proto.TrainArgs\n"
        "print('penstock.messages.trainer' in sys.modules, 'penstock.messages.evaluation' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "True False"
