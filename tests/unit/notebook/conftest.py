# SPDX-License-Identifier: Apache-2.0
"""A component that a variable of the program holds, as cells of a notebook hold theirs."""

from __future__ import annotations

import sys

import pytest
from light.component import Number


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Number:
    made = Number(1)
    monkeypatch.setattr(sys.modules["__main__"], "one", made, raising=False)
    return made
