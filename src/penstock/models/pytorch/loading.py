# SPDX-License-Identifier: Apache-2.0
"""Loads what PyTorch saves, and predicts with it in evaluation mode, without gradients."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from penstock.errors import DataError, ParameterError
from penstock.models.classes import import_class
from penstock.models.descriptor import Descriptor, read_descriptor
from penstock.models.devices import choose_device
from penstock.models.feeding import STACKED
from penstock.models.flavor import LoadOptions
from penstock.models.location import local_copy, model_file
from penstock.models.pytorch.archives import EXPORTED, TORCHSCRIPT, format_of, unpickled_parts
from penstock.models.pytorch.params import OTHERWISE, build
from penstock.models.pytorch.predictor import ModulePredictor
from penstock.models.pytorch.ways import argument_names, way_into, way_of_program
from penstock.models.refusal import first_line
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature

if TYPE_CHECKING:
    pass

FILES = ("*.pt2", "*.pt", "*.pth")
"""Patterns of the files that PyTorch saves, the preferred ones first."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    module: Any
    size_bytes: int
    inputs: tuple[TensorSpec, ...]
    ways: Callable[[Sequence[TensorSpec]], str]


def load(uri: str, signature_name: str | None, options: LoadOptions) -> ModulePredictor:
    """Loads a state dict with its class, TorchScript, or an exported program, from any file system.

    Args:
        uri: Its folder, or the file.
        signature_name: ``serving_default`` or ``None``.
        options: Its ``arguments`` are ``class`` (dotted path) and ``params`` (of its constructor) of a state dict that
            ``penstock.models.save`` has not saved. ``features`` are put side by side in one tensor.

    Raises:
        DataError: It does not load.
        ParameterError: It has no such signature or class, or would have to be trusted.
    """
    options.check_arguments("pytorch", "class", "params")
    descriptor = read_descriptor(uri)
    file = model_file(uri, FILES)
    device = choose_device(
        options.device, [f"cuda:{index}" for index in range(torch.cuda.device_count())], library="PyTorch"
    )
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    with local_copy(file) as path:
        loaded = _load(path, file, device, descriptor, options)
    signature, way = _signature(loaded, descriptor, options)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    return ModulePredictor(loaded.module, signature, way, device, loaded.size_bytes)


def _load(path: str, uri: str, device: str, descriptor: Descriptor | None, options: LoadOptions) -> _Loaded:
    found = format_of(path, uri)
    try:
        if found == EXPORTED:
            return _load_exported(path, uri, device, options)
        if found == TORCHSCRIPT:
            module = torch.jit.load(path, map_location=device)
        else:
            module = _load_pickled(path, uri, device, descriptor, options)
        module.eval()
    except (RuntimeError, OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(
            f"{uri} does not load with PyTorch {torch.__version__}",
            input=uri,
            expected="a file that PyTorch has saved",
            got=f"{type(error).__name__}: {first_line(error)}",
            hint="it is damaged or half-written, or the class of the model has changed since it was saved",
        ) from error
    module.to(device)
    inputs = _arguments(module, found)
    return _Loaded(
        module,
        _bytes([*module.parameters(), *module.buffers()]),
        inputs,
        partial(way_into, [spec.name for spec in inputs]),
    )


def _load_exported(path: str, uri: str, device: str, options: LoadOptions) -> _Loaded:
    if not options.trusted:
        for name, content in unpickled_parts(path).items():
            try:
                torch.load(io.BytesIO(content), weights_only=True)
            except pickle.UnpicklingError as error:
                raise _untrusted(uri, f"the part {name} of the exported program", error) from error
    program = torch.export.load(path)
    if device != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)
    taken = set(program.graph_signature.user_inputs)
    inputs = tuple(
        TensorSpec(node.name, _dtype_name(node.meta["val"].dtype), _open_shape(node.meta["val"].shape))
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in taken
    )
    return _Loaded(
        program.module(), _bytes(program.state_dict.values()), inputs, partial(way_of_program, program)
    )


def _load_pickled(
    path: str, uri: str, device: str, descriptor: Descriptor | None, options: LoadOptions
) -> Any:
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        if not options.trusted:
            raise _untrusted(uri, "a pickle of a whole module", error) from error
        state = torch.load(path, map_location=device, weights_only=False)
    if isinstance(state, torch.nn.Module):
        return state
    facts = {**(descriptor.facts if descriptor else {}), **options.arguments}
    state = _state_dict(state, uri)
    classes = facts.get("class")
    if not classes:
        raise ParameterError(
            f"{uri} is a state dict, which does not say of which class it is the state",
            input=uri,
            expected="class and params",
            got=f"tensors {', '.join(list(state)[:5])}",
            hint="say loader_arguments: {class: 'modules.networks.Net', params: {…}}; or save the module itself with "
            "penstock.models.save(module, uri, params={…})",
        )
    module = build(
        import_class([classes] if isinstance(classes, str) else classes, uri, OTHERWISE),
        facts.get("params", {}),
        uri,
    )
    module.load_state_dict(state)
    return module


def _state_dict(state: Any, uri: str) -> Mapping[str, Any]:
    """Returns the state dict in what was unpickled; checkpoints of training loops have it beside other things."""
    for found in (
        state,
        *(
            (state.get(name) for name in ("state_dict", "model_state_dict", "model"))
            if isinstance(state, Mapping)
            else ()
        ),
    ):
        if isinstance(found, Mapping) and found and all(torch.is_tensor(value) for value in found.values()):
            return found
    raise DataError(
        f"{uri} holds no state dict",
        input=uri,
        expected="what torch.save(module.state_dict(), path) writes",
        got=type(state).__name__
        + (f" of {', '.join(map(str, list(state)[:5]))}" if isinstance(state, Mapping) else ""),
    )


def _untrusted(uri: str, what: str, error: Exception) -> ParameterError:
    return ParameterError(
        f"{uri} is {what}, and loading that runs whatever code the file holds",
        input="trusted",
        expected="a state dict, TorchScript or an exported program",
        got=first_line(error),
        hint="if you know who made it, say trusted; else save it with penstock.models.save, or its state_dict()",
    )


def _signature(loaded: _Loaded, descriptor: Descriptor | None, options: LoadOptions) -> tuple[Signature, str]:
    if descriptor is not None and descriptor.signatures:
        signature = descriptor.signatures[0]
        return signature, descriptor.facts.get("way") or loaded.ways(signature.inputs)
    if options.features:
        shape = (None,) if len(options.features) > 1 else None  # one alone may be a list of any length
        inputs = tuple(TensorSpec(name, "float32", shape) for name in options.features)
        return Signature(DEFAULT_SIGNATURE, inputs), STACKED
    return Signature(DEFAULT_SIGNATURE, loaded.inputs), loaded.ways(loaded.inputs)


def _arguments(module: Any, found: str) -> tuple[TensorSpec, ...]:
    if found == TORCHSCRIPT:
        arguments = module.forward.schema.arguments[1:]
        names = [it.name for it in arguments if not it.has_default_value()]
    else:
        names = list(argument_names(module.forward, required=True))
    return tuple(TensorSpec(name, "float32", None) for name in names)


def _dtype_name(dtype: Any) -> str:
    return str(dtype).partition(".")[2]


def _open_shape(shape: Sequence[Any]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in shape)


def _bytes(tensors: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
