# SPDX-License-Identifier: Apache-2.0
"""ExampleDiff, with TFX's arguments, which is not built yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.messages.example_diff import ExampleDiffConfig


class ExampleDiff(BaseComponent):
    """Compares two sets of examples row by row; not built yet, so that making one raises an error.

    Args:
        examples_test: Examples to compare.
        examples_base: What they are compared with.
        config: What identifies a row, and what is compared.
        include_split_pairs: Pairs of splits to compare, ``(test, base)``; all by default.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        examples_test: Channel,
        examples_base: Channel,
        config: ExampleDiffConfig | Mapping[str, Any],
        include_split_pairs: Sequence[tuple[str, str]] | None = None,
    ) -> NoReturn:
        not_built(
            "ExampleDiff",
            "it is not built yet",
            "compare the two artifacts in a component of your own; penstock.data reads both as tables",
        )
