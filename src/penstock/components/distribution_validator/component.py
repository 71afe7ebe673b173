# SPDX-License-Identifier: Apache-2.0
"""DistributionValidator, with TFX's arguments, which is not built yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.messages.distribution_validator import DistributionValidatorConfig


class DistributionValidator(BaseComponent):
    """Compares statistics with those of a baseline; not built yet, so that making one raises an error.

    Args:
        statistics: Statistics to check.
        baseline_statistics: What they are compared with.
        config: Features, measures and thresholds.
        include_split_pairs: Pairs of splits to compare; all by default.
        custom_validation_config: Conditions of the user's own, in SQL.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        statistics: Channel,
        baseline_statistics: Channel,
        config: DistributionValidatorConfig | Mapping[str, Any],
        include_split_pairs: Sequence[tuple[str, str]] | None = None,
        custom_validation_config: object = None,
    ) -> NoReturn:
        not_built(
            "DistributionValidator",
            "it is not built yet",
            "components/drift_gate in Penstock's repository is a component that gates on drift, to copy",
        )
