# SPDX-License-Identifier: Apache-2.0
"""How a handler wants its model shared by the worker processes of a machine."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.inference.handlers.known import KNOWN, SHORT_NAMES
from penstock.inference.handlers.loading import make_handler
from penstock.inference.job import ModelRef
from penstock.inference.spec import ModelSettings


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a handler says of its model.

    Attributes:
        is_shared: Whether processes share it; otherwise each loads its own.
        copies: Copies on a machine, where it is shared.
    """

    is_shared: bool
    copies: int = 1


def sharing(ref: ModelRef, settings: ModelSettings, project_root: str) -> Sharing:
    """Returns how a handler wants its model shared.

    Beam's own handlers tell by their arguments, so that none has to be made, which some do by calling their service.

    Raises:
        PenstockError: A handler of the user's cannot be made.
    """
    name = str(settings.handler)
    known = SHORT_NAMES.get(name) or KNOWN.get(name)
    if known is None:
        handler = make_handler(ref, settings, project_root)
        return Sharing(bool(handler.share_model_across_processes()), int(handler.model_copies()))
    copies = settings.handler_arguments.get("model_copies")
    is_large = bool(settings.handler_arguments.get("large_model"))
    return Sharing(known.is_shared or is_large or copies is not None, int(copies or 1))
