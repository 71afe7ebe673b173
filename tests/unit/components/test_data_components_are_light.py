# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "tensorflow",
    "apache_beam",
    "tensorflow_data_validation",
    "tensorflow_transform",
    "pyarrow",
    "numpy",
    "sqlalchemy",
)


@pytest.mark.parametrize(
    "name",
    [
        "example_validator",
        "import_schema_gen",
        "query_based_example_gen",
        "schema_gen",
        "statistics_gen",
        "transform",
    ],
)
def test_declaration_driver_and_publisher_load_no_heavy_library(name: str) -> None:
    modules = ", ".join(f"penstock.components.{name}.{role}" for role in ("component", "driver", "publisher"))
    code = f"import sys, {modules}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
