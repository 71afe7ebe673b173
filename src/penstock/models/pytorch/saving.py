# SPDX-License-Identifier: Apache-2.0
"""Saves modules: their state with the name of their class, or their code with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from penstock.errors import DataError, ParameterError
from penstock.models.classes import import_paths
from penstock.models.descriptor import Descriptor
from penstock.models.example import example_batch, input_specs, output_specs
from penstock.models.feeding import NAMED, Feeds
from penstock.models.pytorch.archives import EXPORTED, STATE_DICT, TORCHSCRIPT
from penstock.models.pytorch.params import OTHERWISE, build, check_params
from penstock.models.pytorch.predictor import ModulePredictor
from penstock.models.pytorch.ways import way_of, way_of_program
from penstock.models.refusal import first_line
from penstock.models.request import SaveRequest
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec

_PROBE_ROWS = 2
"""Rows of the call that shows what a module gives; one alone could pass for a size that stands for rows."""


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``model.pt`` or ``model.pt2``; see ``penstock.models.save``.

    Options: ``params``, the arguments that the module's class was made with, by name; ``scripted=True`` to save it as
    TorchScript, ``exported=True`` as an exported program instead, both of which need no class to be loaded.

    Raises:
        DataError: The module does not take what is said that it takes, or its class does not take the params.
        ParameterError: Nothing says what it takes, or it cannot be saved that way.
    """
    request.check_options("pytorch", "params", "scripted", "exported")
    program = model if isinstance(model, torch.export.ExportedProgram) else None
    module = program.module() if program is not None else model
    was_training = program is None and module.training
    if program is None:
        module.eval()
    try:
        feeds, rows, batch = _feeds(module, program, request)
        signature = _probe(module, feeds, rows, batch, request)
        facts = {"way": feeds.way, **_write(model, module, feeds, rows, folder, request)}
    finally:
        if was_training:
            module.train()
    file = "model.pt2" if facts["format"] == EXPORTED else "model.pt"
    return Descriptor("pytorch", (signature,), str(torch.__version__), file, facts=facts)


def _feeds(module: Any, program: Any, request: SaveRequest) -> tuple[Feeds, int, pa.RecordBatch | None]:
    batch = None if request.example is None else example_batch(_as_arrays(request.example), request.inputs)
    if request.signature is not None:
        inputs = request.signature.inputs
    elif batch is not None:
        inputs = tuple(_as_taken(spec) for spec in input_specs(batch))
    else:
        inputs = tuple(TensorSpec(name, "float32", (None,)) for name in request.inputs)
    if not inputs:
        raise ParameterError(
            "a PyTorch module does not say what it takes",
            input="inputs",
            expected="inputs=['trip_miles', …] (columns that are put side by side in one float tensor), an example, "
            "or a signature",
        )
    way = way_of(module.forward, inputs) if program is None else way_of_program(program, inputs)
    return Feeds(inputs, way), _PROBE_ROWS if batch is None else batch.num_rows, batch


def _as_arrays(example: Any) -> Any:
    if torch.is_tensor(example):
        return example.detach().cpu().numpy()
    if isinstance(example, dict):
        return {
            name: _as_arrays(value) if torch.is_tensor(value) else value for name, value in example.items()
        }
    return example


def _as_taken(spec: TensorSpec) -> TensorSpec:
    """Returns a column of an example as modules take it: NumPy's and pandas' floats are double, PyTorch's are not."""
    return TensorSpec(spec.name, "float32" if spec.dtype == "float64" else spec.dtype, spec.shape)


def _probe(
    module: Any, feeds: Feeds, rows: int, batch: pa.RecordBatch | None, request: SaveRequest
) -> Signature:
    """Calls the module once, so that what it takes is true and what it gives is known."""
    named = (
        request.signature.outputs
        if request.signature
        else tuple(TensorSpec(name, "float32") for name in request.outputs)
    )
    name = request.signature.name if request.signature else DEFAULT_SIGNATURE
    device = next((str(tensor.device) for tensor in (*module.parameters(), *module.buffers())), "cpu")
    predictor = ModulePredictor(module, Signature(name, feeds.inputs, named), feeds.way, device, 0)
    try:
        given = predictor.call(feeds.zeros(rows) if batch is None else feeds.arrays(batch), rows)
    except DataError as error:
        shown = "zeros" if batch is None else "the example"
        raise DataError(
            f"the module does not take {shown} of its signature",
            input="signature" if request.signature else "inputs",
            expected=error.expected,
            got=f"({feeds.way}) {error.got}",
            hint="a forward whose arguments have the inputs' names is given a tensor for each, any other all of "
            "them side by side in one; say shapes with a signature, and give an example where zeros are no good rows",
        ) from error
    wanted = [spec.name for spec in named]
    if wanted and wanted != list(given):
        raise DataError(
            "the module gives other outputs than its signature says",
            input="outputs",
            expected=", ".join(wanted),
            got=", ".join(given),
        )
    return Signature(name, feeds.inputs, output_specs(given))


def _write(
    model: Any, module: Any, feeds: Feeds, rows: int, folder: Path, request: SaveRequest
) -> dict[str, Any]:
    scripted, exported = bool(request.options.get("scripted")), bool(request.options.get("exported"))
    if scripted and exported:
        raise ParameterError(
            "a module is saved in one way", input="scripted, exported", expected="one of them"
        )
    if isinstance(model, torch.export.ExportedProgram) or exported:
        program = model if isinstance(model, torch.export.ExportedProgram) else _export(module, feeds, rows)
        torch.export.save(program, folder / "model.pt2")
        return {"format": EXPORTED}
    if isinstance(model, torch.jit.ScriptModule) or scripted:
        torch.jit.save(_script(module), str(folder / "model.pt"))
        return {"format": TORCHSCRIPT}
    params = check_params(request.options.get("params", {}))
    classes = import_paths(type(module), OTHERWISE)
    _check_rebuilt(module, build(type(module), params, "hand"))
    torch.save(module.state_dict(), folder / "model.pt")
    return {"format": STATE_DICT, "class": list(classes), "params": params}


def _check_rebuilt(module: Any, rebuilt: Any) -> None:
    """Makes sure that the state fits a module made with the same params, as a worker will make it."""
    try:
        rebuilt.load_state_dict(module.state_dict())
    except RuntimeError as error:
        raise DataError(
            f"{type(module).__qualname__} made with these params is not the module that is saved",
            input="params",
            expected="the arguments that it was made with",
            got=" ".join(str(error).split())[:300],
            hint="name them: save(…, params={'hidden': 64}); or save its code with it: save(…, exported=True)",
        ) from error


def _script(module: Any) -> Any:
    if isinstance(module, torch.jit.ScriptModule):
        return module
    try:
        return torch.jit.script(module)
    except Exception as error:  # whatever the compiler meets in the user's code
        raise ParameterError(
            f"TorchScript cannot compile {type(module).__qualname__}",
            input="scripted",
            got=f"{type(error).__name__}: {first_line(error)}",
            hint="save it as an exported program (exported=True), or with its class and params",
        ) from error


def _export(module: Any, feeds: Feeds, rows: int) -> Any:
    zeros = feeds.zeros(max(rows, _PROBE_ROWS))
    any_rows = {0: torch.export.Dim("rows")}
    try:
        if feeds.way == NAMED:
            tensors = {name: torch.from_numpy(array) for name, array in dict(zeros).items()}
            return torch.export.export(module, (), tensors, dynamic_shapes=dict.fromkeys(tensors, any_rows))
        return torch.export.export(module, (torch.from_numpy(zeros),), dynamic_shapes=(any_rows,))
    except Exception as error:  # whatever the tracer meets in the user's code
        raise ParameterError(
            f"torch.export cannot export {type(module).__qualname__} for any number of rows",
            input="exported",
            got=f"{type(error).__name__}: {first_line(error)}",
            hint="save it with its class and params; or export it yourself and give penstock.models.save the program",
        ) from error
