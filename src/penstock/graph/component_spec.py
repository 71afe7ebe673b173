# SPDX-License-Identifier: Apache-2.0
"""A component's specification as TFX writes it: parameters, inputs and outputs by name, in three dictionaries.

New components of Penstock's own way declare dataclasses instead (``penstock.graph.component``), which reach their roles
typed. A specification stands for the same signature.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Mapping
from typing import Any, ClassVar

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.signature import ParameterSpec, PortSpec, Signature

_KINDS = ("PARAMETERS", "INPUTS", "OUTPUTS")
_USER_CODE = "module_file"


class ChannelParameter:
    """One input or output of a specification.

    Args:
        type: Artifact type.
        optional: Whether it may be left out of the pipeline.
        allow_empty: Whether an optional input that is fed may come without an artifact; ``None`` means that it may.
            Only for optional inputs.
        is_async: Accepted for an output that TFX publishes while the component still runs; here it is published when
            the component has finished, as every other.

    Raises:
        PipelineError: ``type`` is no artifact type, or ``allow_empty`` is given for what is not optional.
    """

    def __init__(
        self,
        type: type[Artifact] | None = None,
        optional: bool = False,
        allow_empty: bool | None = None,
        is_async: bool = False,
    ) -> None:
        if not (inspect.isclass(type) and issubclass(type, Artifact)):
            raise PipelineError(
                "ChannelParameter needs an artifact type",
                expected="type=, a subclass of Artifact such as standard_artifacts.Examples",
                got=repr(type),
            )
        if type.TYPE_NAME == Artifact.TYPE_NAME and type is not Artifact:
            raise PipelineError(
                f"artifact type {type.__name__} has no TYPE_NAME",
                expected=f"TYPE_NAME = {type.__name__!r} in the class, by which the metadata store knows it",
            )
        if allow_empty is not None and not optional:
            raise PipelineError(
                f"ChannelParameter(type={type.__name__}): allow_empty is for optional channels",
                expected="optional=True beside it",
                got=f"allow_empty={allow_empty!r} with optional=False",
            )
        self.type = type
        self.optional = optional
        self.allow_empty = optional if allow_empty is None else allow_empty
        self.allow_empty_is_given = allow_empty is not None
        self.is_async = is_async

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ChannelParameter):
            return NotImplemented
        return (self.type, self.optional, self.allow_empty) == (other.type, other.optional, other.allow_empty)

    def __hash__(self) -> int:
        return hash((self.type, self.optional, self.allow_empty))

    def __repr__(self) -> str:
        return f"ChannelParameter(type={self.type.__name__}, optional={self.optional})"

    def port(self, key: str) -> PortSpec:
        """Returns the input or output of a signature that it stands for: a list of artifacts, as ``Do`` gets them."""
        return PortSpec(key, self.type, multiple=True, optional=self.optional, allow_empty=self.allow_empty)


class ComponentSpec:
    """What a component takes and makes. Subclasses say it in three dictionaries, as in TFX.

    For example::

        class HelloSpec(ComponentSpec):
            PARAMETERS = {"name": ExecutionParameter(type=str)}
            INPUTS = {"input_data": ChannelParameter(type=standard_artifacts.Examples)}
            OUTPUTS = {"output_data": ChannelParameter(type=standard_artifacts.Examples)}

    An object of the subclass holds what one component was given.

    Args:
        arguments: A value per parameter, a channel (or a list of channels) per input, a channel per output.

    Attributes:
        exec_properties: The parameters that were given, as ``Do`` gets them.
        inputs: The channels that were given, by key.
        outputs: The channels that the component makes, by key.

    Raises:
        PipelineError: An input or output is missing, unknown, no channel or of another type; or the class itself is
            wrong (when it is defined).
        ParameterError: A parameter is missing, unknown or of another type.
    """

    PARAMETERS: ClassVar[Mapping[str, ExecutionParameter]]
    INPUTS: ClassVar[Mapping[str, ChannelParameter]]
    OUTPUTS: ClassVar[Mapping[str, ChannelParameter]]
    TYPE_ANNOTATION: ClassVar[Any] = None

    def __init_subclass__(cls, validate: bool = True, **named: Any) -> None:
        super().__init_subclass__(**named)
        if validate:
            _check_declaration(cls)

    def __init__(self, **arguments: Any) -> None:
        name = type(self).__name__
        if not hasattr(self, "PARAMETERS"):
            _check_declaration(type(self))
        known = [*self.PARAMETERS, *self.INPUTS, *self.OUTPUTS]
        for key in arguments:
            if key not in known:
                raise PipelineError(
                    f"{name} has no argument {key!r}", component=name, hint=did_you_mean(key, known)
                )
        self.exec_properties = self._parameters(arguments)
        self.inputs = self._channels(self.INPUTS, arguments, "input")
        self.outputs: dict[str, Channel] = self._channels(self.OUTPUTS, arguments, "output")

    def _parameters(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        name = type(self).__name__
        given = {}
        for key, parameter in self.PARAMETERS.items():
            if arguments.get(key) is not None:
                given[key] = parameter.accept(key, arguments[key], name)
            elif not parameter.optional:
                got = "None" if key in arguments else "nothing"
                raise ParameterError(
                    f"{name}: parameter {key!r} is missing",
                    component=name,
                    expected=f"a value of {parameter.type_text}",
                    got=got,
                )
        return given

    def _channels(
        self, declared: Mapping[str, ChannelParameter], arguments: Mapping[str, Any], what: str
    ) -> dict[str, Any]:
        name = type(self).__name__
        given = {}
        for key, parameter in declared.items():
            value = arguments.get(key)
            if value is None:
                if not parameter.optional:
                    raise PipelineError(
                        f"{name}: {what} {key!r} is missing",
                        component=name,
                        expected=f"a channel of {parameter.type.TYPE_NAME}",
                        hint=f"give {key}=Channel(type={parameter.type.__name__})"
                        if what == "output"
                        else f"give {key}=another_component.outputs['…']",
                    )
                continue
            for channel in value if isinstance(value, (list, tuple)) and what == "input" else [value]:
                _check_channel(name, what, key, parameter, channel)
            given[key] = value
        return given

    @classmethod
    def is_optional_input(cls, key: str) -> bool:
        """Says whether an input may be left out of the pipeline."""
        return bool(_declared(cls, "INPUTS", key).optional)

    @classmethod
    def is_allow_empty_input(cls, key: str) -> bool:
        """Says whether an input may come without an artifact."""
        return bool(_declared(cls, "INPUTS", key).allow_empty)

    @classmethod
    def is_optional_output(cls, key: str) -> bool:
        """Says whether an output may be left out of the pipeline."""
        return bool(_declared(cls, "OUTPUTS", key).optional)

    @classmethod
    def is_optional_exec_property(cls, key: str) -> bool:
        """Says whether a parameter may be left out."""
        return bool(_declared(cls, "PARAMETERS", key).optional)

    @classmethod
    def signature(cls) -> Signature:
        """Returns the signature that the specification stands for.

        Inputs and outputs are lists of artifacts, as ``Do`` gets them.
        """
        return Signature(
            inputs={key: parameter.port(key) for key, parameter in cls.INPUTS.items()},
            outputs={key: parameter.port(key) for key, parameter in cls.OUTPUTS.items()},
            parameters={
                key: ParameterSpec(
                    name=key,
                    hint=parameter.hint,
                    required=not parameter.optional,
                    user_code=key == _USER_CODE,
                )
                for key, parameter in cls.PARAMETERS.items()
            },
        )

    def give_outputs(self, channels: dict[str, Channel]) -> None:
        """Takes the channels of the component for the outputs; artifacts that those before had stay with them."""
        for key, channel in channels.items():
            if self.outputs[key].has_artifacts:
                channel.set_artifacts(self.outputs[key].get())
        self.outputs = channels

    def __repr__(self) -> str:
        given = {**self.exec_properties, **self.inputs, **self.outputs}
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


def _declared(cls: type[ComponentSpec], kind: str, key: str) -> Any:
    declared = getattr(cls, kind)
    if key not in declared:
        raise PipelineError(f"{cls.__name__}.{kind} has no {key!r}", hint=did_you_mean(key, declared))
    return declared[key]


def _check_channel(name: str, what: str, key: str, parameter: ChannelParameter, channel: Any) -> None:
    expected = f"a channel of {parameter.type.TYPE_NAME}"
    if not isinstance(channel, Channel):
        is_node = hasattr(channel, "outputs") and hasattr(channel, "with_id")
        raise PipelineError(
            f"{name}: {what} {key!r} is not a channel",
            component=name,
            expected=expected,
            got=f"{channel!r:.80} ({type(channel).__name__})",
            hint="give one of its outputs: component.outputs['…']" if is_node else None,
        )
    if not parameter.port(key).takes(channel.type):
        raise PipelineError(
            f"{name}: {what} {key!r} has the wrong type", component=name, expected=expected, got=repr(channel)
        )


def _check_declaration(cls: type[ComponentSpec]) -> None:
    for kind in _KINDS:
        declared = getattr(cls, kind, None)
        if not isinstance(declared, Mapping):
            raise PipelineError(
                f"{cls.__name__} declares no {kind}"
                if declared is None
                else f"{cls.__name__}.{kind} is no dictionary",
                component=cls.__name__,
                expected=f"{kind} = {{…}}, which may be empty",
                got=None if declared is None else f"{declared!r:.80}",
            )
    _check_names(cls)
    for kind in _KINDS:
        wanted: type = ExecutionParameter if kind == "PARAMETERS" else ChannelParameter
        for key, declared in getattr(cls, kind).items():
            if not isinstance(declared, wanted):
                raise PipelineError(
                    f"{cls.__name__}.{kind}[{key!r}] is declared as something else",
                    component=cls.__name__,
                    expected=f"{wanted.__name__}(type=…)",
                    got=f"{declared!r:.80}",
                )
    for key, output in cls.OUTPUTS.items():
        if output.allow_empty_is_given:
            raise PipelineError(
                f"{cls.__name__}.OUTPUTS[{key!r}] has allow_empty, which is for inputs",
                component=cls.__name__,
                hint="leave it out; optional=True lets an output be left out",
            )


def _check_names(cls: type[ComponentSpec]) -> None:
    seen: dict[str, str] = {}
    for kind in _KINDS:
        for key in getattr(cls, kind):
            if not isinstance(key, str) or not key.isidentifier() or keyword.iskeyword(key):
                raise PipelineError(
                    f"{cls.__name__}.{kind} has a name that cannot be an argument",
                    component=cls.__name__,
                    expected="a Python name",
                    got=repr(key),
                )
            if key in seen:
                raise PipelineError(
                    f"{cls.__name__} has {key!r} in {seen[key]} and in {kind}",
                    component=cls.__name__,
                    expected="each name once among PARAMETERS, INPUTS and OUTPUTS: all are arguments",
                    hint=f"rename one, for example input_{key}",
                )
            seen[key] = kind
