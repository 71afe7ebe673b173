# SPDX-License-Identifier: Apache-2.0
"""Loads ONNX models into ONNX Runtime."""

from __future__ import annotations

import logging
from typing import Any

import onnxruntime

from penstock import files
from penstock.errors import DataError, ParameterError
from penstock.models.descriptor import read_descriptor
from penstock.models.devices import CPU, choose_device, cuda_devices
from penstock.models.flavor import LoadOptions
from penstock.models.location import local_copy, model_file
from penstock.models.onnx.description import PATTERNS, read_graph
from penstock.models.onnx.predictor import OnnxPredictor
from penstock.models.refusal import first_line
from penstock.models.signature import Signature, TensorSpec, unknown_signature

_LOG = logging.getLogger(__name__)

_CUDA, _ON_CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_ERRORS_ONLY = 3


def load(uri: str, signature_name: str | None, options: LoadOptions) -> OnnxPredictor:
    """Loads a graph.

    Args:
        uri: Its folder, or the file.
        signature_name: Name of its one signature.
        options: Their ``features`` are stacked where the graph takes one array of as many columns.

    Raises:
        DataError: It does not load.
        ParameterError: There is no such signature or device, or the features do not go with the graph's inputs.
    """
    options.check_arguments("onnx")
    path = model_file(uri, PATTERNS)
    graph = read_graph(path)
    descriptor = read_descriptor(uri)
    signature = descriptor.signatures[0] if descriptor and descriptor.signatures else graph.signature
    if options.features:
        signature = with_columns(signature, options.features)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    available = _CUDA in onnxruntime.get_available_providers()
    device = choose_device(options.device, cuda_devices() if available else (), library="ONNX Runtime")
    # The tensors of a large model are in files of their own beside it.
    with local_copy(uri) as local:
        local_file = files.join(local, path.rpartition("/")[2]) if files.is_dir(uri) else local
        session = open_session(local_file, path, device, options.threads)
    on_gpu = session.get_providers()[0] == _CUDA
    if device != CPU and not on_gpu:
        _LOG.warning("ONNX Runtime could not start on %s: the model runs on the CPU", device)
    return OnnxPredictor(session, graph, signature, device if on_gpu else CPU, files.tree_size(uri))


def open_session(local: str, path: str, device: str = CPU, threads: int | None = None) -> Any:
    """Opens a session of ONNX Runtime.

    Args:
        local: The file on this machine.
        path: What messages call it.
        device: Where it runs.
        threads: Threads of one call; ``None`` leaves them to ONNX Runtime.

    Raises:
        DataError: It does not load.
    """
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _ERRORS_ONLY
    if threads is not None:
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
    providers: list[Any] = [_ON_CPU]
    if device != CPU:
        providers.insert(0, (_CUDA, {"device_id": int(device.partition(":")[2] or 0)}))
    try:
        return onnxruntime.InferenceSession(local, settings, providers=providers)
    except MemoryError:
        raise
    except Exception as error:  # ONNX Runtime's errors have no common class of their own
        raise DataError(
            f"{path} does not load with ONNX Runtime {onnxruntime.__version__}",
            input=path,
            expected="an ONNX model of operators that it knows",
            got=first_line(error),
            hint="export it for an older opset, or install a newer onnxruntime; external tensors belong beside it",
        ) from error


def with_columns(signature: Signature, names: tuple[str, ...]) -> Signature:
    """Returns a graph's signature fed from columns of these names.

    As many columns as inputs feed one each. Where the graph takes one array, its columns may be columns of the rows.

    Raises:
        ParameterError: Neither fits.
    """
    if len(names) == len(signature.inputs):
        return signature.with_inputs_named(names)
    only = signature.inputs[0] if len(signature.inputs) == 1 else None
    if only is None or only.shape is None or len(only.shape) != 2 or only.shape[1] not in (None, len(names)):
        raise ParameterError(
            "the columns do not go with the graph's inputs",
            input="features",
            expected=f"a column for each of {', '.join(map(str, signature.inputs))}"
            + (", or for each value of that one array" if only is not None else ""),
            got=f"{len(names)}: {', '.join(names[:10])}",
        )
    inputs = tuple(TensorSpec(name, only.dtype, only.shape[:1]) for name in names)
    return Signature(signature.name, inputs, signature.outputs)
