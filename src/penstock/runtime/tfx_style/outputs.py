# SPDX-License-Identifier: Apache-2.0
"""What executors and drivers in TFX's way may return: ``ExecutorOutput`` and ``DriverOutput``.

They are spelled like TFX's protobufs (``output.output_artifacts['model'].artifacts.append(artifact)``,
``output.exec_properties['span'].int_value = 3``) and hold artifacts and plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.errors import ParameterError, did_you_mean

_KINDS: dict[str, tuple[type, ...]] = {
    "int_value": (int,),
    "double_value": (int, float),
    "string_value": (str,),
    "bool_value": (bool,),
}


class Value:
    """One property's value, set through ``int_value``, ``double_value``, ``string_value`` or ``bool_value``.

    Args:
        values: At most one of these.
    """

    __slots__ = ("_value",)

    def __init__(self, **values: Any) -> None:
        self._value: PropertyValue = None
        for kind, value in values.items():
            setattr(self, kind, value)

    @classmethod
    def of(cls, value: PropertyValue) -> Value:
        """Returns the cell of a plain value."""
        made = cls()
        made._value = value
        return made

    @property
    def value(self) -> PropertyValue:
        """The value, ``None`` where none was set."""
        return self._value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_value":
            object.__setattr__(self, name, value)
            return
        if name not in _KINDS:
            raise ParameterError(f"a property's value has no {name!r}", hint=did_you_mean(name, _KINDS))
        if not isinstance(value, _KINDS[name]) or (isinstance(value, bool) and name != "bool_value"):
            raise ParameterError(
                f"{name} has the wrong type", expected=_KINDS[name][-1].__name__, got=f"{value!r:.80}"
            )
        object.__setattr__(self, "_value", value)

    def __getattr__(self, name: str) -> Any:
        if name not in _KINDS:
            raise AttributeError(name)
        fits = isinstance(self._value, _KINDS[name])
        return self._value if fits else _KINDS[name][0]()

    def __repr__(self) -> str:
        return f"Value({self._value!r})"


class Values(dict[str, Value]):
    """Properties by name; reading one that is not there makes it, as in a protobuf."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        for name, value in (values or {}).items():
            self[name] = value

    def __missing__(self, name: str) -> Value:
        made = Value()
        super().__setitem__(name, made)
        return made

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value if isinstance(value, Value) else Value.of(value))

    def plain(self) -> dict[str, PropertyValue]:
        """Returns the values that are set."""
        return {name: value.value for name, value in self.items() if value.value is not None}


class ArtifactList:
    """The artifacts of one output.

    Args:
        artifacts: The artifacts.
    """

    def __init__(self, artifacts: Iterable[Artifact] = ()) -> None:
        self.artifacts = list(artifacts)

    def __repr__(self) -> str:
        return f"ArtifactList({self.artifacts!r})"


class ArtifactLists(dict[str, ArtifactList]):
    """Outputs by key; reading one that is not there makes it, as in a protobuf."""

    def __init__(self, outputs: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        for key, artifacts in (outputs or {}).items():
            self[key] = artifacts

    def __missing__(self, key: str) -> ArtifactList:
        made = ArtifactList()
        super().__setitem__(key, made)
        return made

    def __setitem__(self, key: str, artifacts: ArtifactList | Iterable[Artifact]) -> None:
        made = artifacts if isinstance(artifacts, ArtifactList) else ArtifactList(artifacts)
        super().__setitem__(key, made)

    def plain(self) -> dict[str, list[Artifact]]:
        """Returns the artifacts by key.

        Raises:
            ParameterError: Something else than an artifact is among them.
        """
        for key, listed in self.items():
            for artifact in listed.artifacts:
                if not isinstance(artifact, Artifact):
                    raise ParameterError(
                        f"output {key!r} lists something that is no artifact",
                        expected="the artifacts of output_dict, or copies of them",
                        got=f"{artifact!r:.80} ({type(artifact).__name__})",
                    )
        return {key: listed.artifacts for key, listed in self.items()}


@dataclass(slots=True)
class ExecutionResult:
    """How an execution ended, in an executor's words.

    Attributes:
        code: 0 for success.
        result_message: Why it failed.
    """

    code: int = 0
    result_message: str = ""


class ExecutorOutput:
    """What an executor may return: artifacts and execution properties to record.

    Args:
        output_artifacts: The artifacts of the outputs that it names, the whole list of each; others stay as they were
            before ``Do``.
        execution_properties: Execution properties.
        execution_result: How it ended.
    """

    ArtifactList = ArtifactList

    def __init__(
        self,
        output_artifacts: Mapping[str, Any] | None = None,
        execution_properties: Mapping[str, Any] | None = None,
        execution_result: ExecutionResult | None = None,
    ) -> None:
        self.output_artifacts = ArtifactLists(output_artifacts)
        self.execution_properties = Values(execution_properties)
        self.execution_result = execution_result or ExecutionResult()


class DriverOutput:
    """What a driver returns: execution properties and outputs that are not as they would be without it.

    Args:
        exec_properties: Execution properties with their new values.
        output_artifacts: Per output that it names, as many artifacts as are to be made, with their properties.
    """

    ArtifactList = ArtifactList

    def __init__(
        self,
        exec_properties: Mapping[str, Any] | None = None,
        output_artifacts: Mapping[str, Any] | None = None,
    ) -> None:
        self.exec_properties = Values(exec_properties)
        self.output_artifacts = ArtifactLists(output_artifacts)
