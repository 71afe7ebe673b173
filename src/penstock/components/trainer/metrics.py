# SPDX-License-Identifier: Apache-2.0
"""The final metrics, out of whatever ``run_fn`` returned."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

_LOG = logging.getLogger(__name__)


def final_metrics(returned: object) -> dict[str, float]:
    """Returns metrics by name.

    Args:
        returned: ``None``; a mapping of names to numbers (Python's, NumPy's, or tensors of one number); or an object
            whose ``history`` maps names to the numbers of each epoch, of which the last counts. Whatever else there
            is says nothing about metrics; it is left out, with a warning.
    """
    if returned is None:
        return {}
    history = getattr(returned, "history", None)
    values = _last(history) if isinstance(history, Mapping) else returned
    if not isinstance(values, Mapping):
        _LOG.warning(
            "run_fn returned %s, which is not recorded; return a mapping of metric names to numbers, or nothing",
            type(returned).__name__,
        )
        return {}
    metrics = {str(name): _number(value) for name, value in values.items()}
    refused = [name for name, value in metrics.items() if value is None]
    if refused:
        _LOG.warning("these metrics that run_fn returned are not numbers: %s", ", ".join(refused))
    found = {name: value for name, value in metrics.items() if value is not None}
    lost = [name for name, value in found.items() if not math.isfinite(value)]
    if lost:
        _LOG.warning("training did not converge: %s", ", ".join(f"{name} is {found[name]}" for name in lost))
    return found


def _last(history: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        name: values[-1] for name, values in history.items() if isinstance(values, Sequence) and len(values)
    }


def _number(value: Any) -> float | None:
    if not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
