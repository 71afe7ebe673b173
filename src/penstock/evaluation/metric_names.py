# SPDX-License-Identifier: Apache-2.0
"""What a metric is called in reports."""

from __future__ import annotations

from typing import Any


def display_name(key: Any) -> str:
    """Returns the name of a metric key of TFMA's, whichever model it belongs to.

    ``auc``, ``score/auc`` (of an output), ``precision@3`` (top k), ``recall[class 2]``, ``precision (macro)``,
    ``auc (weighted)``.
    """
    name = f"{key.output_name}/{key.name}" if key.output_name else str(key.name or "")
    name += qualifier(key.sub_key)
    aggregation = key.aggregation_type
    if aggregation is not None:
        name += f" ({aggregation})"
    if key.example_weighted:
        name += " (weighted)"
    return name


def qualifier(sub_key: Any) -> str:
    """Returns what a ``SubKey`` adds to a name."""
    if sub_key is None:
        return ""
    text = ""
    if sub_key.class_id is not None:
        text += f"[class {sub_key.class_id}]"
    if sub_key.k is not None:
        text += f"[rank {sub_key.k}]"
    if sub_key.top_k is not None:
        text += f"@{sub_key.top_k}"
    return text
