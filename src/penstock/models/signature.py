# SPDX-License-Identifier: Apache-2.0
"""What a model takes and gives: names, types and shapes of its tensors, by signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.errors import ParameterError, did_you_mean

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output.

    Attributes:
        name: Name under which it is fed or returned.
        dtype: NumPy's name of its type (``float32``, ``int64``, ``bool`` …), or ``string`` for bytes.
        shape: Its dimensions, rows first; ``None`` is a dimension of any size. ``None`` altogether is any rank.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None = None

    def __str__(self) -> str:
        if self.shape is None:
            return f"{self.name}: {self.dtype}[...]"
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name}: {self.dtype}[{sizes}]"


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a model.

    Attributes:
        name: Name of the signature; ``serving_default`` where a model has only one way.
        inputs: What it takes, in the model's own order where it has one (a tabular model stacks its features in this
            order), else sorted by name.
        outputs: What it gives, likewise.
    """

    name: str = DEFAULT_SIGNATURE
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.inputs))}) -> ({', '.join(map(str, self.outputs))})"

    def with_inputs_named(self, names: Sequence[str]) -> Signature:
        """Returns the same signature fed from columns of these names, in order; itself where none is given.

        Raises:
            ParameterError: There are more or fewer names than inputs.
        """
        if not names:
            return self
        if len(names) != len(self.inputs):
            raise ParameterError(
                "the features do not go with the model's signature",
                input="features",
                expected=f"{len(self.inputs)} name(s), for {', '.join(map(str, self.inputs[:10]))}",
                got=f"{len(names)}: {', '.join(names[:10])}",
            )
        inputs = tuple(replace(spec, name=name) for name, spec in zip(names, self.inputs, strict=True))
        return replace(self, inputs=inputs)

    def to_json_dict(self) -> dict[str, Any]:
        """Returns the signature as plain values; see :meth:`from_json_dict`."""
        return {
            "name": self.name,
            "inputs": _specs_to_json(self.inputs),
            "outputs": _specs_to_json(self.outputs),
        }

    @classmethod
    def from_json_dict(cls, document: Mapping[str, Any]) -> Signature:
        """Rebuilds a signature from :meth:`to_json_dict`."""
        return cls(
            document["name"], _specs_from_json(document["inputs"]), _specs_from_json(document["outputs"])
        )


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What can be said of a saved model without loading it.

    Attributes:
        flavor: The flavor's name.
        signatures: Its signatures, sorted by name; empty where they cannot be read from the files.
        library_version: Version of the library that saved it; empty where the files do not say.
        classes: What a classifier tells apart, in the order of its probabilities; empty for other models.
    """

    flavor: str
    signatures: tuple[Signature, ...] = field(default=())
    library_version: str = ""
    classes: tuple[str | int | float | bool, ...] = ()

    @property
    def signature(self) -> Signature | None:
        """The default signature: ``serving_default``, or the only one there is."""
        for signature in self.signatures:
            if signature.name == DEFAULT_SIGNATURE or len(self.signatures) == 1:
                return signature
        return None

    def named(self, name: str) -> Signature:
        """Returns the signature of that name.

        Raises:
            ParameterError: The model has no such signature.
        """
        for signature in self.signatures:
            if signature.name == name:
                return signature
        raise unknown_signature(name, [signature.name for signature in self.signatures])


def unknown_signature(name: str, known: list[str]) -> ParameterError:
    """Returns the error for a signature that a model does not have."""
    return ParameterError(f"the model has no signature {name!r}", input=name, hint=did_you_mean(name, known))


def _specs_to_json(specs: tuple[TensorSpec, ...]) -> list[dict[str, Any]]:
    return [
        {"name": spec.name, "dtype": spec.dtype, "shape": None if spec.shape is None else list(spec.shape)}
        for spec in specs
    ]


def _specs_from_json(rows: list[Mapping[str, Any]]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(row["name"], row["dtype"], None if row["shape"] is None else tuple(row["shape"]))
        for row in rows
    )
