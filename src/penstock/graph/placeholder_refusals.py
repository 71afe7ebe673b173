# SPDX-License-Identifier: Apache-2.0
"""What Python asks of a value and a placeholder cannot answer while the pipeline is built."""

from __future__ import annotations

from typing import NoReturn

from penstock.errors import PipelineError


class NotKnownYet:
    """Refuses truth, length, items and text, each with what to write instead."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise PipelineError(
            f"{self!r} has no truth value while the pipeline is built",
            hint="`with Cond(predicate):` decides when the pipeline runs; join predicates with logical_and, logical_or "
            "and logical_not, not with `and`, `or`, `not` or `a < b < c`",
        )

    def __iter__(self) -> NoReturn:
        raise PipelineError(
            f"{self!r} cannot be gone over while the pipeline is built",
            hint="`with ForEach(channel) as item:` runs nodes for each artifact; is there a comma too much or too few?",
        )

    def __len__(self) -> NoReturn:
        raise PipelineError(f"the length of {self!r} is not known while the pipeline is built")

    def __contains__(self, item: object) -> NoReturn:
        raise PipelineError(
            f"whether {item!r} is in {self!r} is not known while the pipeline is built",
            hint="compare single items: ph[0] == …",
        )

    def __format__(self, spec: str) -> str:
        raise PipelineError(
            f"{self!r} cannot stand in an f-string or in format(): its value is not known yet",
            hint="put texts together with +: 'run-' + ph.execution_invocation().pipeline_run_id",
        )

    def __str__(self) -> str:
        raise PipelineError(
            f"{self!r} cannot be made text while the pipeline is built",
            hint="put texts together with +, or ph.join([...]); repr() shows a placeholder",
        )

    def __and__(self, other: object) -> NoReturn:
        raise PipelineError(f"{self!r} cannot be joined with &", hint="use ph.logical_and(left, right)")

    def __or__(self, other: object) -> NoReturn:
        raise PipelineError(f"{self!r} cannot be joined with |", hint="use ph.logical_or(left, right)")

    def __invert__(self) -> NoReturn:
        raise PipelineError(f"{self!r} cannot be negated with ~", hint="use ph.logical_not(predicate)")

    def __sub__(self, other: object) -> NoReturn:
        raise PipelineError(
            f"there is no arithmetic with {self!r} while the pipeline is built",
            expected="a comparison such as ph >= 2, or text put together with +",
            hint="let a function component compute the number and put it out",
        )

    __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __sub__
    __mod__ = __rmod__ = __pow__ = __rpow__ = __sub__

    def __neg__(self) -> NoReturn:
        self.__sub__(0)

    __abs__ = __neg__
    __rand__ = __and__
    __ror__ = __or__
