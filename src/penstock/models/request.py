# SPDX-License-Identifier: Apache-2.0
"""What the user says of a model beside the model itself, when saving it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.models.signature import Signature


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """What ``penstock.models.save`` was told; every part is optional.

    Attributes:
        signature: What the model takes and gives.
        inputs: Names of the columns that it takes, in its order.
        outputs: Names of what it gives.
        example: A few rows that the model takes: a record batch, table, DataFrame, arrays by name, or an array.
        options: What only this flavor takes.
    """

    signature: Signature | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    example: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def check_options(self, flavor: str, *known: str) -> None:
        """Refuses options that a flavor does not take.

        Raises:
            ParameterError: With the nearest known name.
        """
        for name in self.options:
            if name not in known:
                raise ParameterError(
                    f"penstock.models.save takes no argument {name!r} for models of flavor {flavor!r}",
                    input=name,
                    hint=did_you_mean(name, ("signature", "inputs", "outputs", "example", "flavor", *known)),
                )
