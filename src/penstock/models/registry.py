# SPDX-License-Identifier: Apache-2.0
"""The flavors that there are. To add one, write its modules and name them here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from penstock import files
from penstock.errors import DataError, DependencyError, ParameterError, did_you_mean
from penstock.models.allocation import keep_freed_memory
from penstock.models.descriptor import read_descriptor
from penstock.models.flavor import Flavor, LoadOptions, Predictor
from penstock.models.signature import ModelInfo

FLAVORS: tuple[Flavor, ...] = (
    Flavor(
        name="tensorflow",
        files=("saved_model.pb", "saved_model.pbtxt"),
        library="tensorflow",
        extra="tensorflow",
        classes=("tensorflow.python.module.module.Module",),
        description="penstock.models.tensorflow.saved_model:describe",
        loader="penstock.models.tensorflow.loader:load",
        saver="penstock.models.tensorflow.saving:save",
    ),
    Flavor(
        name="keras",
        files=("*.keras", "*.h5"),
        library="keras",
        extra="tensorflow",
        classes=("keras.src.models.model.Model", "tf_keras.src.engine.training.Model"),
        description="penstock.models.keras.archive:describe",
        loader="penstock.models.keras.loading:load",
        saver="penstock.models.keras.saving:save",
    ),
    Flavor(
        name="onnx",
        files=("*.onnx",),
        library="onnxruntime",
        extra="onnx",
        classes=("onnx.*.ModelProto", "builtins.bytes"),
        description="penstock.models.onnx.description:describe",
        loader="penstock.models.onnx.loading:load",
        saver="penstock.models.onnx.saving:save",
    ),
    Flavor(
        name="huggingface",
        files=(
            "model.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "tokenizer_config.json",
        ),
        library="transformers",
        extra="huggingface",
        classes=("transformers.modeling_utils.PreTrainedModel", "transformers.pipelines.base.Pipeline"),
        description="penstock.models.huggingface.description:describe",
        loader="penstock.models.huggingface.loading:load",
        saver="penstock.models.huggingface.saving:save",
        further_libraries=("torch",),
    ),
    Flavor(
        name="pytorch",
        files=("*.pt", "*.pth", "*.pt2"),
        library="torch",
        extra="pytorch",
        classes=("torch.nn.modules.module.Module", "torch.export.exported_program.ExportedProgram"),
        loader="penstock.models.pytorch.loading:load",
        saver="penstock.models.pytorch.saving:save",
    ),
    Flavor(
        name="xgboost",
        files=("*.ubj", "*.bst", "model.json"),
        single_files=("*.json", "*.xgb", "*.model"),
        library="xgboost",
        extra="xgboost",
        classes=("xgboost.core.Booster", "xgboost.sklearn.XGBModel"),
        description="penstock.models.xgboost.description:describe",
        loader="penstock.models.xgboost.loading:load",
        saver="penstock.models.xgboost.saving:save",
    ),
    Flavor(
        name="sklearn",
        files=("*.joblib", "*.pkl", "*.pickle"),
        library="sklearn",
        extra="sklearn",
        classes=("sklearn.base.BaseEstimator",),
        loader="penstock.models.sklearn.loading:load",
        saver="penstock.models.sklearn.saving:save",
        unpickles=True,
    ),
)
"""In the order in which they are tried on a folder."""


def flavor_named(name: str) -> Flavor:
    """Returns the flavor of that name.

    Raises:
        ParameterError: There is none.
    """
    for flavor in FLAVORS:
        if flavor.name == name:
            return flavor
    raise ParameterError(
        f"there is no model flavor {name!r}",
        input=name,
        hint=did_you_mean(name, [known.name for known in FLAVORS]),
    )


def recognise(uri: str) -> Flavor | None:
    """Returns the flavor of a saved model (a folder, or one file), ``None`` where it is of none that is known.

    Raises:
        DataError: The model has a descriptor that cannot be understood.
        ParameterError: Its descriptor names a flavor that this version of Penstock does not know.
    """
    if not files.is_dir(uri):
        name = uri.rstrip("/").rpartition("/")[2]
        there = files.exists(uri)
        return next((flavor for flavor in FLAVORS if there and flavor.recognises_file(name)), None)
    descriptor = read_descriptor(uri)
    if descriptor is not None:
        return flavor_named(descriptor.flavor)
    names = files.listdir(uri)
    return next((flavor for flavor in FLAVORS if flavor.recognises(names)), None)


def flavor_of(model: object) -> Flavor | None:
    """Returns the flavor that a model in memory is of, by the names of its class and their bases; imports nothing."""
    for base in type(model).__mro__:
        for flavor in FLAVORS:
            if flavor.recognises_class(base):
                return flavor
    return None


def describe(uri: str) -> ModelInfo:
    """Says what a saved model is, from its files alone: no framework is imported and nothing is unpickled.

    Args:
        uri: Its folder, or one file.

    Raises:
        DataError: There is no model of a known flavor, or one whose files are damaged.
    """
    flavor = recognise(uri)
    if flavor is None:
        raise _unrecognised(uri)
    descriptor = read_descriptor(uri)
    if descriptor is not None:
        return descriptor.info
    if not flavor.description:
        return ModelInfo(flavor.name)
    described: ModelInfo = resolve(flavor.description)(uri)
    return described


def load(
    uri: str,
    flavor: str | None = None,
    *,
    signature_name: str | None = None,
    options: LoadOptions | None = None,
) -> Predictor:
    """Loads a model for prediction.

    Args:
        uri: The servable model: its folder (``Model.serving_uri``), or one file.
        flavor: Its flavor as recorded on the artifact; ``None`` means that it is recognised from the files.
        signature_name: Signature to call; ``None`` means the default one.
        options: How it is loaded; ``None`` means the defaults, with which nothing is unpickled.

    Raises:
        DataError: There is no model of a known flavor, or one that does not load.
        DependencyError: The flavor's library is not installed, or this version of Penstock has no loader for it.
        ParameterError: There is no such flavor, signature or device, or the model would have to be trusted.
    """
    found = flavor_named(flavor) if flavor else recognise(uri)
    if found is None:
        raise _unrecognised(uri)
    if not found.loader:
        able = ", ".join(known.name for known in FLAVORS if known.loader)
        raise DependencyError(
            f"models of flavor {found.name!r} cannot be loaded by this version of Penstock",
            input=uri,
            expected=f"a model of flavor {able}",
            hint="training and pushing such a model work; leave out the nodes that predict with it",
        )
    keep_freed_memory()
    with library_errors(found, uri):
        predictor: Predictor = resolve(found.loader)(uri, signature_name, options or LoadOptions())
    return predictor


@contextmanager
def library_errors(flavor: Flavor, uri: str) -> Iterator[None]:
    """Raises one clear error where the library that a flavor needs is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in (flavor.library, *flavor.further_libraries):
            raise
        raise DependencyError(
            f"{missing} is not installed, which models of flavor {flavor.name!r} need",
            input=uri,
            hint=f"pip install 'penstock[{flavor.extra}]'",
        ) from error


def resolve(import_path: str) -> Any:
    """Returns the object of an import path ``module:name``."""
    module, _, name = import_path.partition(":")
    return getattr(importlib.import_module(module), name)


def _unrecognised(uri: str) -> DataError:
    there = files.listdir(uri) if files.is_dir(uri) else [uri.rpartition("/")[2]] if files.exists(uri) else []
    known = "; ".join(f"{flavor.name}: {', '.join(flavor.files)}" for flavor in FLAVORS)
    return DataError(
        f"{uri} holds no model of a known flavor",
        input=uri,
        expected=f"one of these files ({known})",
        got=", ".join(there[:10]) or "an empty or missing folder",
        hint="save the model straight into fn_args.serving_model_dir, with penstock.models.save",
    )
