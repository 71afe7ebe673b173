# SPDX-License-Identifier: Apache-2.0
"""What predictors of most flavors have in common: models that can be called in one way only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.models.signature import Signature, unknown_signature

if TYPE_CHECKING:
    from typing_extensions import Self


class OneSignature:
    """The part of a ``Predictor`` that says what is called and where; the flavor's own class predicts.

    Args:
        signature: What the model takes and gives.
        device: Where it runs.
        size_bytes: Bytes of its parameters, or of its files.
    """

    def __init__(self, signature: Signature, device: str, size_bytes: int) -> None:
        self._signature = signature
        self._device = device
        self._size_bytes = size_bytes

    @property
    def signature(self) -> Signature:
        """The signature that is called."""
        return self._signature

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._device

    @property
    def size_bytes(self) -> int:
        """Bytes of its parameters, or of its files where the framework does not tell."""
        return self._size_bytes

    def with_signature(self, name: str) -> Self:
        """Returns itself: there is one signature.

        Raises:
            ParameterError: It is asked for another.
        """
        if name != self._signature.name:
            raise unknown_signature(name, [self._signature.name])
        return self
