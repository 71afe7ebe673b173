# SPDX-License-Identifier: Apache-2.0
"""Decides whether a component function runs: it does, unless a value that it cannot do without is ``None``."""

from __future__ import annotations

from typing import Any

from penstock.artifacts.value_artifact import IS_NULL
from penstock.components.function_component.annotations import spelled
from penstock.components.function_component.component import BaseFunctionalComponent
from penstock.components.function_component.function_signature import FunctionSignature
from penstock.errors import DataError
from penstock.graph.component import BaseComponent
from penstock.runtime.roles import Driver, DriverContext, Run


class FunctionDriver(Driver[Any, Any, None]):
    """The driver of a component function.

    Args:
        signature: What the function takes.
    """

    def __init__(self, signature: FunctionSignature) -> None:
        self._signature = signature

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> FunctionDriver:
        """Returns the driver of one component."""
        assert issubclass(component, BaseFunctionalComponent)
        return cls(component.FUNCTION_SIGNATURE)

    def decide(self, inputs: Any, parameters: Any, context: DriverContext) -> Run[None]:  # noqa: ARG002  the values say nothing
        """Returns ``Run``.

        Raises:
            DataError: A value is ``None``, and its argument is neither ``Optional`` nor has a default.
        """
        for argument in self._signature.of_kind("value"):
            hint = spelled(argument.type.hint)
            artifact = getattr(inputs, argument.name)
            if artifact is None or argument.type.nullable or argument.optional:
                continue
            if artifact.get_int_custom_property(IS_NULL):
                raise DataError(
                    f"input {argument.name!r} is None",
                    input=argument.name,
                    expected=f"a value of type {hint}",
                    got=f"None in {artifact.uri}",
                    hint=f"annotate the argument Optional[{hint}] if the function can do without",
                )
        return Run(None)
