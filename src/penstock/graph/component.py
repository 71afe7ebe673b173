# SPDX-License-Identifier: Apache-2.0
"""The component: a typed declaration plus the import paths of its three roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from penstock.errors import ParameterError, PenstockError, PipelineError, did_you_mean
from penstock.graph.channel import Channel, InputChannels
from penstock.graph.class_checks import check_class, checked_custom_executor, checked_spec
from penstock.graph.class_style import adopt, executed_by, with_executor
from penstock.graph.component_spec import ComponentSpec
from penstock.graph.executor_spec import ExecutorContainerSpec, ExecutorSpec
from penstock.graph.node import BaseNode
from penstock.graph.placeholder import known_later
from penstock.graph.signature import NoInputs, NoOutputs, NoParameters, ParameterSpec, Signature, signature_of
from penstock.ir.container import CONTAINER
from penstock.ir.model import ExecutionBaseType
from penstock.messages.codec import conform


class BaseComponent(BaseNode):
    """Base of all components.

    A subclass declares what it takes and makes in three frozen dataclasses, and says where its roles are::

        class DriftGate(BaseComponent):
            Inputs, Outputs, Parameters = DriftGateInputs, DriftGateOutputs, DriftGateParameters
            DRIVER = "components.drift_gate.driver:DriftGateDriver"
            EXECUTOR = "components.drift_gate.executor:DriftGateExecutor"
            PUBLISHER = "components.drift_gate.publisher:DriftGatePublisher"

    Or it is written as in TFX, with a specification and an executor class that has ``Do``::

        class Hello(BaseComponent):
            SPEC_CLASS = HelloSpec
            EXECUTOR_SPEC = ExecutorClassSpec(HelloExecutor)

            def __init__(self, input_data, name):
                output = Channel(type=standard_artifacts.Examples)
                super().__init__(HelloSpec(input_data=input_data, output_data=output, name=name))

    Class attributes:
        TYPE_NAME: Name of the execution type in the metadata store; the class path where it is not set.
        BASE_TYPE: What kind of work it is, for readers of the metadata store.
        Inputs, Outputs, Parameters: Frozen dataclasses; see ``penstock.graph.signature`` for the annotations.
        Plan, Result: What the driver hands to the executor and the executor to the publisher: frozen dataclasses of
            plain values, or ``None``.
        DRIVER, EXECUTOR, PUBLISHER: Import paths ``module:Class``; they are loaded only where they are needed.
        REQUIRES: Heavy modules to import before a worker is forked for the executor.
        SPEC_CLASS: In TFX's way: a subclass of ``ComponentSpec``, which stands for ``Inputs``, ``Outputs`` and
            ``Parameters``.
        EXECUTOR_SPEC: In TFX's way: what executes it, for example ``ExecutorClassSpec(MyExecutor)``.
        DRIVER_CLASS: In TFX's way: a subclass of one of its ``BaseDriver``; ``None`` for a component that always runs.

    Args:
        spec: In TFX's way: an object of ``SPEC_CLASS``; the other arguments but the next are then not given.
        custom_executor_spec: Executes this one component instead of what its class names.
        inputs: A channel, a list of channels or ``None`` per input key.
        parameters: A value, a ``RuntimeParameter`` or ``None`` per parameter. ``None`` leaves the default.
        omit_outputs: Optional outputs that this instance does not make.
    """

    TYPE_NAME: ClassVar[str] = ""
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = None
    Inputs: ClassVar[type] = NoInputs
    Outputs: ClassVar[type] = NoOutputs
    Parameters: ClassVar[type] = NoParameters
    Plan: ClassVar[type | None] = None
    Result: ClassVar[type | None] = None
    DRIVER: ClassVar[str] = "penstock.runtime.roles:PlainDriver"
    EXECUTOR: ClassVar[str] = ""
    PUBLISHER: ClassVar[str] = "penstock.runtime.roles:PlainPublisher"
    REQUIRES: ClassVar[tuple[str, ...]] = ()
    SPEC_CLASS: ClassVar[Any] = None
    EXECUTOR_SPEC: ClassVar[Any] = None
    DRIVER_CLASS: ClassVar[Any] = None

    declaration: Any = None
    """What ``declared`` makes the class from where the component has none of its own, as plain data."""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        adopt(cls)

    def __init__(
        self,
        spec: ComponentSpec | None = None,
        custom_executor_spec: ExecutorSpec | None = None,
        *,
        inputs: Mapping[str, Channel | Iterable[Channel] | None] | None = None,
        parameters: Mapping[str, Any] | None = None,
        omit_outputs: Iterable[str] = (),
    ) -> None:
        name = type(self).__name__
        cls = self._with_executor(custom_executor_spec)
        signature = cls.signature()
        types = {key: port.type for key, port in signature.outputs.items()}
        if cls.SPEC_CLASS is not None:
            _refuse_beside_spec(name, inputs=inputs, parameters=parameters, omit_outputs=omit_outputs)
            given = checked_spec(cls, spec)
            inputs, parameters = given.inputs, given.exec_properties
            omit_outputs = [key for key in signature.outputs if key not in given.outputs]
            types.update({key: channel.type for key, channel in given.outputs.items()})
        elif spec is not None:
            raise PipelineError(
                f"{name} was given a specification, but names none",
                component=name,
                expected=f"SPEC_CLASS = {type(spec).__name__} in the class",
            )
        omitted = set(omit_outputs)
        super().__init__(
            inputs=_bind_inputs(name, signature, inputs or {}),
            outputs={key: Channel(kind) for key, kind in types.items() if key not in omitted},
        )
        self._parameters = _bind_parameters(name, signature, parameters or {})
        self.spec: Any = spec
        if spec is not None:
            spec.give_outputs(dict(self.outputs.items()))
        beam_pipeline_args = getattr(self.executor_spec, "beam_pipeline_args", ())
        if beam_pipeline_args:
            self.with_beam_pipeline_args(beam_pipeline_args)

    def _with_executor(self, custom: ExecutorSpec | None) -> type[BaseComponent]:
        """Settles what executes this component, and returns its class: with another executor where one was given."""
        cls, own = type(self), type(self).EXECUTOR_SPEC
        self.executor_spec: ExecutorSpec | None = own.copy() if isinstance(own, ExecutorSpec) else None
        check_class(cls, has_executor=custom is not None)
        if custom is not None:
            self.executor_spec = checked_custom_executor(cls, custom).copy()
        if custom is not None or isinstance(self.executor_spec, ExecutorContainerSpec):
            assert self.executor_spec is not None
            try:
                self.declaration = self.executor_spec.to_document(cls.signature())
            except PenstockError as error:
                raise error.with_component(cls.__name__) from None
        made = (
            cls
            if custom is None
            else executed_by(cls, cast(ExecutorSpec, self.executor_spec), self.declaration)
        )
        self.requires = made.REQUIRES
        return made

    @classmethod
    def signature(cls) -> Signature:
        """Returns what the component takes and makes."""
        if cls.SPEC_CLASS is not None:
            signature: Signature = cls.SPEC_CLASS.signature()
            return signature
        return signature_of(cls.Inputs, cls.Outputs, cls.Parameters)

    @classmethod
    def type_name(cls) -> str:
        """Returns the name of the component's execution type."""
        return cls.TYPE_NAME or f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def declared(cls, document: Any) -> type[BaseComponent]:
        """Returns the component class that a declaration without a class of its own stands for.

        Here that is this class with another executor, as ``custom_executor_spec`` named it. Components whose
        declaration is data (a container, a component of a guest) override this: the IR then holds the import path of
        the generic class in ``NodeIR.component`` and the data in ``NodeIR.declaration``.

        Args:
            document: The declaration, as plain JSON.

        Raises:
            PipelineError: The component is no such generic class, or the document is not one of its declarations.
        """
        if isinstance(document, Mapping) and ("executor" in document or CONTAINER in document):
            return with_executor(cls, document)
        raise PipelineError(
            f"{cls.__name__} is declared by its class, not by a document",
            component=cls.__name__,
            got=f"{document!r:.120}",
            hint="compile the pipeline again; only generic components such as containers carry a declaration",
        )

    def parameter_values(self) -> Mapping[str, Any]:
        """Returns the parameters as they were given."""
        return self._parameters

    @property
    def exec_properties(self) -> Mapping[str, Any]:
        """The parameters as they were given, typed; runtime parameters are still placeholders."""
        return self._parameters


def _refuse_beside_spec(component: str, **given: object) -> None:
    names = [name for name, value in given.items() if value]
    if names:
        raise PipelineError(
            f"{component} names a SPEC_CLASS, and is given {' and '.join(names)} besides",
            component=component,
            expected="all of it in spec=",
        )


def _bind_inputs(
    component: str, signature: Signature, given: Mapping[str, Channel | Iterable[Channel] | None]
) -> dict[str, tuple[Channel, ...]]:
    for key in given:
        if key not in signature.inputs:
            raise PipelineError(
                f"{component} has no input {key!r}",
                component=component,
                hint=did_you_mean(key, signature.inputs),
            )
    bound: dict[str, tuple[Channel, ...]] = {}
    for key, port in signature.inputs.items():
        channels = _as_channels(component, key, given.get(key))
        if not channels:
            if not port.optional:
                raise PipelineError(
                    f"input {key!r} is missing",
                    component=component,
                    expected=f"a channel of {port.type.TYPE_NAME}",
                )
            continue
        for channel in channels:
            if not port.takes(channel.type):
                raise PipelineError(
                    f"input {key!r} has the wrong type",
                    component=component,
                    expected=f"a channel of {port.type.TYPE_NAME}",
                    got=repr(channel),
                )
        bound[key] = InputChannels(channels)
    return bound


def _as_channels(component: str, key: str, value: Any) -> tuple[Channel, ...]:
    if value is None:
        return ()
    if isinstance(value, Channel):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(item, Channel) for item in value):
        return tuple(value)
    raise PipelineError(
        f"input {key!r} is not a channel",
        component=component,
        expected="a channel such as another component's outputs['…']",
        got=f"{value!r} ({type(value).__name__})",
    )


def _bind_parameters(component: str, signature: Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    bound: dict[str, Any] = {}
    for name, value in given.items():
        spec = signature.parameters.get(name)
        if spec is None:
            raise ParameterError(
                f"{component} has no parameter {name!r}",
                component=component,
                hint=did_you_mean(name, signature.parameters),
            )
        if value is not None:
            bound[name] = _typed(component, spec, value)
    for name, spec in signature.parameters.items():
        if spec.required and name not in bound:
            raise ParameterError(f"parameter {name!r} is missing", component=component)
    return bound


def _typed(component: str, spec: ParameterSpec, value: Any) -> Any:
    if known_later(value):
        return value
    try:
        return conform(spec.hint, value, path=spec.name)
    except PenstockError as error:
        raise error.with_component(component) from None
