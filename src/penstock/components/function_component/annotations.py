# SPDX-License-Identifier: Apache-2.0
"""How the arguments and results of a component function are annotated.

For type checkers, each stands for the type in its brackets: inside the function, ``Parameter[int]`` is an ``int``, and
``InputArtifact[Examples]`` an ``Examples``.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

from penstock.artifacts.artifact import Artifact
from penstock.components.function_component.value_types import either, is_json_type
from penstock.errors import PipelineError
from penstock.messages.message import Message
from penstock.messages.protobuf import is_protobuf_type

PARAMETER_TYPES = (int, float, str, bool)


class ArgumentAnnotation:
    """One way in which a component function takes something; made with brackets: ``Parameter[int]``.

    Attributes:
        NAME: What a user calls it.
        type: What stands in the brackets.
    """

    NAME: ClassVar[str] = ""
    type: Any

    def __init__(self, *_: Any, **__: Any) -> None:
        name = type(self).NAME
        raise PipelineError(f"{name} is an annotation", expected=f"{name}[…]", got=f"{name}(…)")

    def __class_getitem__(cls, item: Any) -> ArgumentAnnotation:
        made = object.__new__(cls)
        made.type = cls._checked(item)
        return made

    @classmethod
    def _checked(cls, item: Any) -> Any:
        """Returns what stands in the brackets, refusing what cannot."""
        raise NotImplementedError(f"{cls.__name__}._checked")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.type == self.type

    def __hash__(self) -> int:
        return hash((type(self), repr(self.type)))

    def __or__(self, other: Any) -> Any:
        return either(self, other)

    def __ror__(self, other: Any) -> Any:
        return either(other, self)

    def __call__(self, *_: Any, **__: Any) -> Any:  # typing takes for a type what can be called
        raise TypeError(f"{self!r} is an annotation and cannot be called")

    def __repr__(self) -> str:
        return f"{type(self).NAME}[{spelled(self.type)}]"


def spelled(hint: Any) -> str:
    """Returns a type hint as one writes it."""
    if hint is None or hint is type(None):
        return "None"
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        return hint.__qualname__
    return str(hint).replace("typing.", "")


def is_artifact_type(item: Any) -> bool:
    """Says whether something is a type of artifacts."""
    return isinstance(item, type) and issubclass(item, Artifact)


def _artifact_type(
    annotation: type[ArgumentAnnotation], item: Any, expected: str = "a subclass of Artifact"
) -> Any:
    if is_artifact_type(item):
        return item
    name = annotation.NAME
    hint = None
    if isinstance(item, ArgumentAnnotation):
        hint = f"{name}[{spelled(item.type)}]"
    elif isinstance(item, str):
        hint = f"give the class itself: {name}[{item}]"
    elif item in PARAMETER_TYPES or item is bytes:
        hint = (
            f"a value is annotated {spelled(item)} (an artifact that is read) or Parameter[{spelled(item)}]"
        )
    raise PipelineError(f"{name}[…] takes an artifact type", expected=expected, got=spelled(item), hint=hint)


class InputAnnotation(ArgumentAnnotation):
    """An input: one artifact of the type, or with ``List[…]`` one or more."""

    NAME = "InputArtifact"

    @classmethod
    def _checked(cls, item: Any) -> Any:
        if get_origin(item) is list and get_args(item):
            _artifact_type(cls, get_args(item)[0], "a subclass of Artifact, or a list of one")
            return item
        return _artifact_type(cls, item, "a subclass of Artifact, or a list of one")


class OutputAnnotation(ArgumentAnnotation):
    """An output, which the function writes under the artifact's ``uri``."""

    NAME = "OutputArtifact"

    @classmethod
    def _checked(cls, item: Any) -> Any:
        return _artifact_type(cls, item)


class AsyncOutputAnnotation(ArgumentAnnotation):
    """An output that is to be seen before the function ends; no function can have one, see the parser."""

    NAME = "AsyncOutputArtifact"

    @classmethod
    def _checked(cls, item: Any) -> Any:
        return _artifact_type(cls, item)


class ParameterAnnotation(ArgumentAnnotation):
    """A value that is known when the pipeline is built or run, and recorded with the execution."""

    NAME = "Parameter"

    @classmethod
    def _checked(cls, item: Any) -> Any:
        if is_parameter_type(item):
            return item
        hint = None
        if is_artifact_type(item):
            hint = f"InputArtifact[{spelled(item)}]"
        elif item is bytes:
            hint = "an argument that is annotated bytes takes a Bytes artifact; text can be a parameter"
        raise PipelineError(
            "Parameter[…] takes the type of a parameter",
            expected="int, float, str, bool, a list or dict of these (Dict[str, int]), a message or a protobuf class",
            got=spelled(item),
            hint=hint,
        )


def is_parameter_type(item: Any) -> bool:
    """Says whether values of a type can be parameters."""
    if get_origin(item) in (Union, types.UnionType):
        members = [arg for arg in get_args(item) if arg is not type(None)]
        return is_json_type(item) or (len(members) == 1 and is_parameter_type(members[0]))
    if is_json_type(item):
        return True
    if not isinstance(item, type) or isinstance(item, types.GenericAlias):
        return False
    return item in PARAMETER_TYPES or issubclass(item, Message) or is_protobuf_type(item)


class BeamAnnotation(ArgumentAnnotation):
    """The Beam pipeline of the node."""

    NAME = "BeamComponentParameter"

    @classmethod
    def _checked(cls, item: Any) -> Any:
        # Beam is not imported for this: what is its class, Beam has been imported for.
        if getattr(item, "__name__", "") == "Pipeline" and str(getattr(item, "__module__", "")).startswith(
            "apache_beam."
        ):
            return item
        raise PipelineError(
            "BeamComponentParameter[…] takes the class of Beam's pipelines",
            expected="beam.Pipeline",
            got=spelled(item),
        )


class OutputDict:
    """Names and types of the values that a component function returns: ``-> OutputDict(loss=float, steps=int)``.

    A ``TypedDict`` says the same and can be read by type checkers.

    Args:
        **kwargs: Type of each value: ``int``, ``float``, ``str``, ``bytes``, ``bool``, a list or dict for JSON, or
            ``Optional`` of one of these.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.kwargs = kwargs

    def __repr__(self) -> str:
        return f"OutputDict({', '.join(f'{name}={spelled(hint)}' for name, hint in self.kwargs.items())})"


if TYPE_CHECKING:
    T = TypeVar("T")
    InputArtifact = Annotated[T, "input"]
    OutputArtifact = Annotated[T, "output"]
    AsyncOutputArtifact = Annotated[T, "async output"]
    Parameter = Annotated[T, "parameter"]
    BeamComponentParameter = Annotated[T | None, "beam pipeline"]
else:
    InputArtifact = InputAnnotation
    OutputArtifact = OutputAnnotation
    AsyncOutputArtifact = AsyncOutputAnnotation
    Parameter = ParameterAnnotation
    BeamComponentParameter = BeamAnnotation
