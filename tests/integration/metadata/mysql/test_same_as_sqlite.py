# SPDX-License-Identifier: Apache-2.0
"""The unit tests of the store, which run on SQLite, once more on a server."""

from __future__ import annotations

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "unit" / "metadata"

for _name in ("lineage", "properties_of_users", "publishing", "queries", "runs"):
    _spec = importlib.util.spec_from_file_location(f"on_mysql_{_name}", FOLDER / f"test_{_name}.py")
    assert _spec is not None
    assert _spec.loader is not None
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    for _key, _test in vars(_module).items():
        if _key.startswith(("test_", "Test")) or _key == "taxi":
            assert _key not in globals(), f"two tests are named {_key}"
            globals()[_key] = _test
