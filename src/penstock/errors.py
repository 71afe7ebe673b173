# SPDX-License-Identifier: Apache-2.0
"""Every error that Penstock raises on purpose.

One root, typed fields, one way of saying it: what failed, what was expected, what came, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PenstockError(Exception):
    """Root of all errors raised by Penstock.

    Args:
        message: What failed, as one sentence without a trailing full stop.
        component: Id of the node or name of the component concerned.
        input: Name of the input, parameter, file or artifact concerned.
        expected: What would have been right.
        got: What came instead.
        hint: What the reader should do next.
    """

    def __init__(
        self,
        message: str,
        *,
        component: str | None = None,
        input: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.component = component
        self.input = input
        self.expected = expected
        self.got = got
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        parts = [f"{self.component}: {self.message}" if self.component else self.message]
        if self.input and self.input not in self.message:
            parts.append(f"input: {self.input}")
        if self.expected:
            parts.append(f"expected: {self.expected}")
        if self.got:
            parts.append(f"got: {self.got}")
        if self.hint:
            parts.append(f"what to do: {self.hint}")
        return "; ".join(parts)

    def with_component(self, component: str) -> PenstockError:
        """Names the component in an error that was raised where it was not known; an existing name stays."""
        if self.component is None:
            self.component = component
        return self

    def __reduce__(self) -> tuple[object, ...]:
        fields = (self.message, self.component, self.input, self.expected, self.got, self.hint)
        return _rebuild, (type(self), fields, self.__dict__.copy())


def _rebuild(
    cls: type[PenstockError], fields: tuple[str | None, ...], state: dict[str, object]
) -> PenstockError:
    error = cls.__new__(cls)
    message, component, input_, expected, got, hint = fields
    PenstockError.__init__(
        error, message or "", component=component, input=input_, expected=expected, got=got, hint=hint
    )
    error.__dict__.update(state)
    return error


class UsageError(PenstockError):
    """The command line or an API was called in a way that cannot work."""


class PipelineError(PenstockError):
    """A pipeline's graph is wrong: cycle, duplicate id, missing or mistyped channel, unknown producer."""


class ParameterError(PenstockError):
    """A parameter has the wrong name, type or value."""


class ResolutionError(PenstockError):
    """Inputs, spans or baselines could not be resolved."""


class DataError(PenstockError):
    """The data is not what it must be: no file, ragged rows, wrong encoding, empty split, wrong format."""


class UserCodeError(PenstockError):
    """The user's module is missing, does not load, lacks a function, raised, or returned the wrong thing.

    Args:
        traceback: The user's part of the traceback, starting in the user's file; empty if nothing was raised.
    """

    def __init__(self, message: str, *, traceback: str = "", **fields: str | None) -> None:
        super().__init__(message, **fields)
        self.traceback = traceback


class ExecutionError(PenstockError):
    """An executor failed through neither bad data nor the user's code: killed, out of memory, timed out."""


class NodeFailedError(PenstockError):
    """One or more nodes of a run failed; raised by a runner after everything that could run has run."""


class StorageError(PenstockError):
    """Files could not be read or written: permission, no space, no such folder."""


class MetadataError(PenstockError):
    """The metadata store cannot be opened, read or written, or is of a kind that is refused."""


class DependencyError(PenstockError):
    """A library that is needed here is not installed; the hint names the extra."""


class CancelledError(PenstockError):
    """The run was ended by a signal."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns ``"did you mean 'x'?"`` for the known name nearest to ``name``, or the list of known names."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if names else "none is known"
