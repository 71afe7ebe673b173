# SPDX-License-Identifier: Apache-2.0
"""The decorator that makes of a function what runs at the end of a run, however that has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from penstock.components.function_component.annotations import spelled
from penstock.components.function_component.component import (
    BaseFunctionalComponent,
    BaseFunctionalComponentFactory,
    make_component,
)
from penstock.components.function_component.final_status import FinalStatusStr
from penstock.errors import ParameterError, PipelineError
from penstock.graph.placeholder import Placeholder


class ExitHandlerComponent(BaseFunctionalComponent):
    """Base of the components that ``exit_handler`` makes."""

    only_at_exit = True

    def __init__(self, *args: Any, **given: Any) -> None:
        name = type(self).__name__
        statuses = [key for key, value in given.items() if isinstance(value, FinalStatusStr)]
        if len(statuses) > 1:
            raise ParameterError(
                "an exit handler is given the final status twice",
                component=name,
                expected="FinalStatusStr() for one argument",
                got=", ".join(statuses),
            )
        kinds = {argument.name: argument for argument in type(self).FUNCTION_SIGNATURE.arguments}
        for key in statuses:
            if key in kinds and kinds[key].type is not str:
                raise ParameterError(
                    f"argument {key!r} cannot take the final status",
                    component=name,
                    expected=f"{key}: Parameter[str]",
                    got=f"{key}: Parameter[{spelled(kinds[key].type)}]",
                )
        status = Placeholder("run", value="status")
        super().__init__(*args, **{key: status if key in statuses else value for key, value in given.items()})


def exit_handler(func: Callable[..., Any]) -> BaseFunctionalComponentFactory:
    """Makes of a function what runs at the end of a run, however that has ended: once, after all nodes.

    ::

        @exit_handler
        def notify(final_status: Parameter[str], channel: Parameter[str] = "#ml"):
            state = json.loads(final_status)["state"]
            ...

        Pipeline(..., exit_handler=notify(final_status=FinalStatusStr()))

    Args:
        func: The function. It takes parameters only: which artifacts there are depends on how the run has ended.

    Raises:
        PipelineError: The function cannot be a component, or takes something from other nodes.
    """
    made = make_component(func, ExitHandlerComponent)
    taken = made.FUNCTION_SIGNATURE.of_kind("input", "input list", "value")
    if taken:
        raise PipelineError(
            f"an exit handler cannot take {taken[0].name!r} from other nodes",
            component=made.__name__,
            expected=f"Parameter[…]: {taken[0].name}: Parameter[str]",
            got="an artifact, which may not have been made when the run ends",
            hint="FinalStatusStr() tells it how the run has ended",
        )
    return cast(BaseFunctionalComponentFactory, made)
