# SPDX-License-Identifier: Apache-2.0
"""The user's function: which ones a component can be made of, and their annotations."""

from __future__ import annotations

import builtins
import inspect
import types
from typing import Any

from penstock.errors import PipelineError, did_you_mean


def refused(function: Any, message: str, **fields: Any) -> PipelineError:
    """Returns the error that names a function."""
    return PipelineError(message, component=getattr(function, "__name__", repr(function)), **fields)


def check_function(function: Any) -> None:
    """Refuses what is no plain function at the top level of a module."""
    if not isinstance(function, types.FunctionType):
        raise refused(
            function,
            "a component cannot be made of this",
            expected="a function at the top level of a module",
            got=_what_it_is(function),
        )
    if function.__name__ == "<lambda>":
        raise refused(
            function,
            "a component cannot be made of a lambda",
            expected="a function with annotations",
            hint="write it as a def at the top level of a module",
        )
    if "<locals>" in function.__qualname__:
        raise refused(
            function,
            "a component function is defined inside another function, where no other process can find it",
            expected="a function at the top level of a module",
            got=function.__qualname__,
            hint="move it out, and hand it what it uses as Parameter arguments",
        )
    if "." in function.__qualname__:
        raise refused(
            function,
            "a component cannot be made of a method",
            expected="a function at the top level of a module",
            got=function.__qualname__,
            hint="move it out of the class; it needs no self, because a component keeps nothing between runs",
        )
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        kind = "a coroutine (async def)" if inspect.iscoroutinefunction(function) else "a generator (yield)"
        raise refused(
            function, "a component cannot be made of this function", expected="a plain def", got=kind
        )
    if inspect.isasyncgenfunction(function):
        raise refused(
            function, "a component cannot be made of this function", expected="a plain def", got="a generator"
        )


def _what_it_is(thing: Any) -> str:
    if isinstance(thing, (staticmethod, classmethod)):
        return f"a {type(thing).__name__}"
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    return f"{thing!r:.80} ({type(thing).__name__})"


def evaluated(function: types.FunctionType, name: str, hint: Any) -> Any:
    """Returns an annotation, evaluated where it is text (``from __future__ import annotations``)."""
    if not isinstance(hint, str):
        return hint
    known = inspect.unwrap(function).__globals__
    try:
        return evaluated(function, name, eval(hint, known))
    except NameError as error:
        missing = getattr(error, "name", None) or hint
        raise refused(
            function,
            f"the annotation of {name!r} is not known at run time: {error}",
            got=hint,
            hint=f"{did_you_mean(missing, [*known, *dir(builtins)])}; import it outside `if TYPE_CHECKING`, above the "
            "function",
        ) from error
    except PipelineError as error:
        raise error.with_component(function.__name__) from None
    except Exception as error:
        raise refused(
            function, f"the annotation of {name!r} cannot be read: {type(error).__name__}: {error}", got=hint
        ) from error
