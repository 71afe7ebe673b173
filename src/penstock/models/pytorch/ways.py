# SPDX-License-Identifier: Apache-2.0
"""In which way a module's ``forward`` takes its tensors."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from penstock.models.feeding import IN_ORDER, NAMED, STACKED
from penstock.models.signature import TensorSpec


def way_of(forward: Any, inputs: Sequence[TensorSpec]) -> str:
    """Returns how columns of these names go into a ``forward``: by name where all of them are arguments of it."""
    return way_into(argument_names(forward), inputs)


def way_into(arguments: Sequence[str], inputs: Sequence[TensorSpec]) -> str:
    """Returns how columns of these names go into arguments of these names."""
    return NAMED if inputs and all(spec.name in arguments for spec in inputs) else STACKED


def way_of_program(program: Any, inputs: Sequence[TensorSpec]) -> str:
    """Returns how an exported program is called: as ``torch.export.export`` was told to call it."""
    spec = program.call_spec.in_spec  # of (positional arguments, arguments by name)
    by_name = spec.child(1) if hasattr(spec, "child") else spec.children_specs[1]
    if by_name.num_children:
        return NAMED
    return STACKED if len(inputs) > len(program.graph_signature.user_inputs) else IN_ORDER


def argument_names(forward: Any, *, required: bool = False) -> tuple[str, ...]:
    """Returns the names of a function's arguments; with ``required``, of those that have no default."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return ()
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(
        parameter.name
        for parameter in parameters
        if parameter.kind in plain and (parameter.default is parameter.empty or not required)
    )
