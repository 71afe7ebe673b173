# SPDX-License-Identifier: Apache-2.0
"""Driver of guests: it decides without TFX, which only their workers import."""

from __future__ import annotations

from typing import Any

from penstock.components.tfx_guest.component import TfxGuest
from penstock.components.tfx_guest.document import GuestDocument
from penstock.runtime.roles import Driver, DriverContext, Run


class GuestDriver(Driver[Any, Any, None]):
    """Has a guest run, unless the cache holds its result.

    What a driver of the guest's own decides is known to its worker only: such a guest is run each time.

    Args:
        guest: The guest.
    """

    def __init__(self, guest: GuestDocument) -> None:
        self._guest = guest

    @classmethod
    def for_component(cls, component: type[TfxGuest]) -> GuestDriver:
        """Returns the driver of a guest."""
        return cls(component.GUEST)

    def decide(self, inputs: Any, parameters: Any, context: DriverContext) -> Run[None]:  # noqa: ARG002  not of interest
        """Returns ``Run``."""
        parts = {"guest": self._guest.code}
        parts |= {f"protobuf {name}": proto.json for name, proto in self._guest.protos.items()}
        if self._guest.driver_class:
            parts["decided in run"] = context.run_id
        return Run(None, cache_parts=parts)
