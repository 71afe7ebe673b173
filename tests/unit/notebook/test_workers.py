# SPDX-License-Identifier: Apache-2.0
"""Which component gets a parent of its own, and which one the parent that is there."""

from __future__ import annotations

import pytest

from penstock.notebook.workers import Workers
from penstock.runtime.host import InProcessHost


def test_a_parent_is_kept_unless_a_slow_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers()
    light = workers.host(["pyarrow.csv"], {})
    assert workers.host(["sklearn"], {}) is light
    heavy = workers.host(["tensorflow_data_validation"], {})
    assert heavy is not light
    assert workers.host(["pyarrow.csv"], {}) is heavy
    assert workers.host(["penstock.evaluation.tfma", "tensorflow", "tensorflow_model_analysis"], {}) is heavy
    assert workers.host(["apache_beam", "sklearn"], {}) is heavy
    torch = workers.host(["torch.nn"], {})
    assert torch is not heavy
    assert workers.host(["tensorflow"], {}) is torch  # it has what was there before, too
    monkeypatch.setenv("SOMETHING_NEW", "1")
    assert workers.host(["tensorflow"], {}) is not torch
    workers.close()


def test_in_this_process_there_is_no_parent() -> None:
    assert isinstance(Workers(in_process=True).host(["tensorflow"], {}), InProcessHost)
