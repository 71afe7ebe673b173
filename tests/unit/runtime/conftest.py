# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench

from penstock.metadata.store import MetadataStore


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def store(bench: Bench) -> Iterator[MetadataStore]:
    with bench.store() as opened:
        yield opened
