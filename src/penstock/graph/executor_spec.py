# SPDX-License-Identifier: Apache-2.0
"""How a component written as TFX writes it names what executes it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from penstock.errors import PipelineError
from penstock.graph.container import container_document, make_container
from penstock.graph.signature import Signature

if TYPE_CHECKING:
    from typing_extensions import Self

_NOTHING = Signature({}, {}, {})

CLASS_EXECUTOR = "penstock.components.class_component.executor:ClassExecutor"
"""Role that calls the ``Do`` of the user's executor class."""


class ExecutorSpec:
    """What executes a component.

    Class attributes:
        ROLE: Import path of the role that executes components of this kind of spec.
        REQUIRES: Heavy modules to import before a worker is forked for it.
    """

    ROLE: ClassVar[str] = ""
    REQUIRES: ClassVar[tuple[str, ...]] = ()

    def copy(self) -> Self:
        """Returns a copy that can be given further arguments."""
        return copy.copy(self)

    def to_document(self, signature: Signature | None = None) -> dict[str, Any]:
        """Returns the spec as plain JSON, for another process.

        Args:
            signature: What the component takes and makes, for a command that reads it.

        Raises:
            PipelineError: It cannot be found from there.
            ParameterError: It is a container whose command reads what the component has not.
        """
        raise NotImplementedError(f"{type(self).__name__}.to_document")


def _check_do(executor_class: type[Any]) -> None:
    """Refuses an executor whose ``Do`` is its base's, or cannot be called as it will be."""
    do = getattr(executor_class, "Do", None)
    if do is None:
        return
    expected = "def Do(self, input_dict, output_dict, exec_properties)"
    if getattr(do, "__isabstractmethod__", False):
        raise PipelineError(
            f"{executor_class.__qualname__} does not say what to do",
            expected=expected,
            got="no Do of its own",
        )
    given = (None,) if inspect.isfunction(inspect.getattr_static(executor_class, "Do")) else ()
    with suppress(ValueError):  # one that is not written in Python has no signature to look at
        signature = inspect.signature(do)
        try:
            signature.bind(*given, {}, {}, {})
        except TypeError:
            raise PipelineError(
                f"{executor_class.__qualname__}.Do cannot be called with inputs, outputs and exec_properties",
                expected=expected,
                got=f"def Do{signature}",
            ) from None


class ExecutorClassSpec(ExecutorSpec):
    """An executor that is a Python class.

    Args:
        executor_class: A class with TFX's ``Do(input_dict, output_dict, exec_properties)``, usually a subclass of
            ``BaseExecutor``; or an executor of Penstock's own kind, with ``execute(work)``.

    Raises:
        PipelineError: It is neither, or its ``Do`` takes something else.
    """

    ROLE = CLASS_EXECUTOR

    def __init__(self, executor_class: type[Any]) -> None:
        if not isinstance(executor_class, type):
            raise PipelineError(
                f"{type(self).__name__} needs an executor class",
                expected="a subclass of BaseExecutor",
                got=f"{executor_class!r:.80} ({type(executor_class).__name__})",
                hint="give the class itself, not an object of it and not its name",
            )
        if not any(callable(getattr(executor_class, name, None)) for name in ("Do", "execute")):
            raise PipelineError(
                f"{executor_class.__qualname__} cannot execute anything",
                expected="a method Do(self, input_dict, output_dict, exec_properties)",
                got=f"methods {', '.join(_methods(executor_class)) or '(none)'}",
                hint="name the method Do, as in TFX",
            )
        _check_do(executor_class)
        self.executor_class = executor_class
        self.extra_flags: list[str] = []

    @property
    def class_path(self) -> str:
        """Dotted path of the executor class, as TFX spells it."""
        return f"{self.executor_class.__module__}.{self.executor_class.__qualname__}"

    def copy(self) -> Self:
        """Returns a copy that can be given further flags."""
        same = super().copy()
        same.extra_flags = list(self.extra_flags)
        return same

    def add_extra_flags(self, extra_flags: Iterable[str] | str) -> None:
        """Adds flags that the executor finds in its context's ``extra_flags``."""
        self.extra_flags.extend([extra_flags] if isinstance(extra_flags, str) else extra_flags)

    def to_document(self, signature: Signature | None = None) -> dict[str, Any]:  # noqa: ARG002  a class reads its inputs itself
        """Returns the import path of the executor class, and the flags."""
        cls = self.executor_class
        if "<locals>" in cls.__qualname__:
            raise PipelineError(
                f"{cls.__qualname__} is defined inside a function, where another process cannot find it",
                hint="define the executor at the top level of a module",
            )
        path = f"{cls.__module__}:{cls.__qualname__}"
        return {
            "kind": "beam" if isinstance(self, BeamExecutorSpec) else "class",
            "executor": path,
            "extra_flags": list(self.extra_flags),
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.class_path})"


class BeamExecutorSpec(ExecutorClassSpec):
    """An executor that is a Python class and works in a Beam pipeline: a subclass of ``BaseBeamExecutor``.

    Args:
        executor_class: The class.
    """

    REQUIRES = ("apache_beam",)

    def __init__(self, executor_class: type[Any]) -> None:
        super().__init__(executor_class)
        self.beam_pipeline_args: list[Any] = []

    def copy(self) -> Self:
        """Returns a copy that can be given further arguments."""
        same = super().copy()
        same.beam_pipeline_args = list(self.beam_pipeline_args)
        return same

    def add_beam_pipeline_args(self, beam_pipeline_args: Iterable[Any]) -> None:
        """Adds Beam arguments, texts or placeholders, which follow the pipeline's own."""
        self.beam_pipeline_args.extend(beam_pipeline_args)


class ExecutorContainerSpec(ExecutorSpec):
    """An executor that is a container.

    Args:
        image: The container image.
        command: Entry point: texts and placeholders; the image's own where it is not given.
        args: Arguments that follow it.

    Raises:
        PipelineError: There is no image, or command or arguments are no lists.
    """

    def __init__(
        self, image: str, command: Sequence[Any] | None = None, args: Sequence[Any] | None = None
    ) -> None:
        if not isinstance(image, str) or not image:
            raise PipelineError(
                f"{type(self).__name__} needs an image",
                expected="text, such as 'python:3.11'",
                got=repr(image),
            )
        for name, value in (("command", command), ("args", args)):
            if value is not None and not isinstance(value, (list, tuple)):
                raise PipelineError(
                    f"{type(self).__name__}: {name} is not a list",
                    expected="a list of texts and placeholders",
                    got=f"{value!r:.80}",
                    hint="no shell takes it apart: write ['sh', '-c', '…'] for that"
                    if name == "command"
                    else None,
                )
        self.image = image
        self.command = list(command or ())
        self.args = list(args or ())

    def to_document(self, signature: Signature | None = None) -> dict[str, Any]:
        """Returns image, command and arguments, compiled for a component."""
        return container_document(make_container(signature or _NOTHING, self.image, self.command, self.args))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.image})"


class TemplatedExecutorContainerSpec(ExecutorContainerSpec):
    """The same by TFX's other name, whose placeholders all take."""


def _methods(cls: type[Any]) -> list[str]:
    return sorted(name for name, value in vars(cls).items() if callable(value) and not name.startswith("_"))
