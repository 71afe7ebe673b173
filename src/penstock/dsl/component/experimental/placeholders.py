# SPDX-License-Identifier: Apache-2.0
"""TFX's older placeholders of container commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.graph.command_placeholders import CommandlineArgumentType as CommandlineArgumentType
    from penstock.graph.command_placeholders import ConcatPlaceholder as ConcatPlaceholder
    from penstock.graph.command_placeholders import InputUriPlaceholder as InputUriPlaceholder
    from penstock.graph.command_placeholders import InputValuePlaceholder as InputValuePlaceholder
    from penstock.graph.command_placeholders import OutputUriPlaceholder as OutputUriPlaceholder
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "CommandlineArgumentType": "penstock.graph.command_placeholders",
            "ConcatPlaceholder": "penstock.graph.command_placeholders",
            "InputUriPlaceholder": "penstock.graph.command_placeholders",
            "InputValuePlaceholder": "penstock.graph.command_placeholders",
            "OutputUriPlaceholder": "penstock.graph.command_placeholders",
        },
    )
