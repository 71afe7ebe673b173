# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from metadata_recorder import Recorder, config_of

from penstock.metadata.store import MetadataStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MetadataStore]:
    with MetadataStore.open(config_of(tmp_path / "metadata.db")) as opened:
        yield opened


@pytest.fixture
def recorder(store: MetadataStore) -> Recorder:
    return Recorder(store)
