# SPDX-License-Identifier: Apache-2.0
"""Loads Keras files with the generation of Keras that wrote them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.errors import DataError, DependencyError, ParameterError
from penstock.models.classes import import_class
from penstock.models.descriptor import Descriptor, read_descriptor
from penstock.models.devices import choose_device
from penstock.models.feeding import IN_ORDER, STACKED
from penstock.models.flavor import LoadOptions
from penstock.models.keras.archive import FILES, KerasArchive, read_archive, signature_of
from penstock.models.keras.predictor import KerasPredictor, backend_of, first_line, input_specs, placed
from penstock.models.location import local_copy, model_file
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature


def load(uri: str, signature_name: str | None, options: LoadOptions) -> KerasPredictor:
    """Loads a model from a ``.keras`` or ``.h5`` file on any file system.

    Args:
        uri: Its folder, or the file.
        signature_name: ``serving_default`` or ``None``.
        options: Its ``arguments`` are ``custom_objects``: dotted paths of classes and functions of the project that the
            model has, where they are not registered with Keras when their module is imported.

    Raises:
        DataError: It does not load.
        DependencyError: The Keras that wrote it is not installed.
        ParameterError: It has no such signature, or would have to be trusted.
    """
    options.check_arguments("keras", "custom_objects")
    descriptor = read_descriptor(uri)
    file = model_file(uri, FILES)
    with local_copy(file) as path:
        archive = read_archive(path, file) if file.endswith(".keras") else _read_h5(path, file)
        library = _library(archive, file)
        device = _device(library, options)
        model = _load(
            library, path, file, archive, _custom_objects(descriptor, options, file), options, device
        )
    signature, way = _signature(model, descriptor, archive, options, uri)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    return KerasPredictor(model, signature, way, device)


def _library(archive: KerasArchive, uri: str) -> Any:
    """Imports the Keras that a file needs; the other one cannot read it."""
    name, install = ("keras", "keras>=3") if archive.is_keras_3 else ("tf_keras", "tf-keras")
    try:
        library = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != name:
            raise
        raise DependencyError(
            f"{name} is not installed, which loads what Keras {archive.version} has saved",
            input=uri,
            hint=f"pip install '{install}'",
        ) from error
    if name == "keras" and str(library.__version__).startswith("2."):
        raise DependencyError(
            f"Keras {library.__version__} cannot load what Keras {archive.version} has saved",
            input=uri,
            hint="pip install 'keras>=3'",
        )
    return library


def _device(library: Any, options: LoadOptions) -> str:
    backend = backend_of(library.Model)
    if backend == "torch":
        import torch

        if options.threads is not None:
            torch.set_num_threads(options.threads)
        names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    elif backend == "tensorflow":
        from penstock.models.tensorflow.loader import gpus, limit_threads

        limit_threads(options.threads)
        names = gpus()
    else:
        names = [f"cuda:{index}" for index, _ in enumerate(library.distribution.list_devices("gpu"))]
    return choose_device(options.device, names, library="Keras")


def _custom_objects(descriptor: Descriptor | None, options: LoadOptions, uri: str) -> dict[str, Any]:
    saved: Sequence[Sequence[str]] = descriptor.facts.get("custom_objects", ()) if descriptor else ()
    given: Any = options.arguments.get("custom_objects", ())
    paths = [*saved, *([path] for path in ([given] if isinstance(given, str) else given))]
    return {several[0].rpartition(".")[2]: import_class(several, uri) for several in paths}


def _load(
    library: Any,
    path: str,
    uri: str,
    archive: KerasArchive,
    custom_objects: Mapping[str, Any],
    options: LoadOptions,
    device: str,
) -> Any:
    if archive.holds_code and not options.trusted:
        raise ParameterError(
            f"{uri} has a layer that is a Python lambda, and loading that runs whatever code the file holds",
            input="trusted",
            hint="if you know who made it, say trusted; else make the lambda a layer of its own, in a module of the "
            "project, and save the model again",
        )
    safety = (
        {"safe_mode": False} if options.trusted else {}
    )  # otherwise the library's own default, which is safe
    try:
        with placed(library.Model, device):
            return library.models.load_model(
                path, custom_objects=dict(custom_objects), compile=False, **safety
            )
    except Exception as error:  # the file decides which of Keras's parts, and of the user's, are run
        raise DataError(
            f"{uri} does not load with {library.__name__} {library.__version__}",
            input=uri,
            expected=f"what model.save wrote with Keras {archive.version}".rstrip(),
            got=f"{type(error).__name__}: {first_line(error)}",
            hint="layers and functions of your own: name them in loader_arguments: {custom_objects: "
            "['modules.layers.Scale']}, or save the model with penstock.models.save, which notes them",
        ) from error


def _read_h5(path: str, uri: str) -> KerasArchive:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
            version = file.attrs.get("keras_version", "")
    except OSError as error:
        raise DataError(
            f"{uri} cannot be read",
            input=uri,
            expected="a model as model.save('….h5') writes it",
            got=str(error),
            hint="it is damaged or half-written: save or copy the model again",
        ) from error
    if config is None:
        raise DataError(
            f"{uri} holds weights only",
            input=uri,
            expected="a whole model",
            hint="save it with model.save(…), not with save_weights",
        )
    return KerasArchive(_text(version), json.loads(_text(config)))


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _signature(
    model: Any, descriptor: Descriptor | None, archive: KerasArchive, options: LoadOptions, uri: str
) -> tuple[Signature, str]:
    if descriptor is not None and descriptor.signatures:
        signature = descriptor.signatures[0]
        return signature, descriptor.facts.get("way", IN_ORDER)
    own = input_specs(model)
    outputs = (signature_of(archive.config) or Signature()).outputs
    if not options.features:
        if not own:
            raise ParameterError(
                f"the model at {uri} does not say what it takes",
                input="features",
                expected="features: [trip_miles, …], the columns that are put side by side for it",
                hint="save it with penstock.models.save, which notes what it takes",
            )
        return Signature(DEFAULT_SIGNATURE, own, outputs), IN_ORDER
    inputs, way = renamed(own, options.features)
    return Signature(DEFAULT_SIGNATURE, inputs, outputs), way


def renamed(own: Sequence[TensorSpec], names: Sequence[str]) -> tuple[tuple[TensorSpec, ...], str]:
    """Returns what a model takes by the names of columns, and how: one column an input, or all in its one input.

    Raises:
        ParameterError: There are several inputs, and not as many names.
    """
    if len(own) > 1 and len(own) != len(names):
        raise ParameterError(
            "the Keras model has another number of inputs than columns are named",
            input="inputs",
            expected=", ".join(map(str, own)),
            got=", ".join(names),
        )
    if len(own) == len(names):
        pairs = zip(names, own, strict=True)
        return tuple(TensorSpec(name, spec.dtype, spec.shape) for name, spec in pairs), IN_ORDER
    dtype = own[0].dtype if own else "float32"
    return tuple(TensorSpec(name, dtype, (None,)) for name in names), STACKED
