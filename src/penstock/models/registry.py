# SPDX-License-Identifier: Apache-2.0
"""The flavors that there are. To add one, write its module and name it here."""

from __future__ import annotations

import importlib
from typing import Any

from penstock import files
from penstock.errors import DataError, DependencyError, ParameterError, did_you_mean
from penstock.models.flavor import Flavor, Predictor
from penstock.models.signature import ModelInfo

FLAVORS: tuple[Flavor, ...] = (
    Flavor(
        name="tensorflow",
        files=("saved_model.pb", "saved_model.pbtxt"),
        library="tensorflow",
        extra="tensorflow",
        description="penstock.models.tensorflow.saved_model:describe",
        loader="penstock.models.tensorflow.loader:load",
    ),
    Flavor(name="keras", files=("*.keras", "*.h5"), library="keras", extra="tensorflow"),
    Flavor(name="onnx", files=("*.onnx",), library="onnxruntime", extra="onnx"),
    Flavor(name="pytorch", files=("*.pt", "*.pth", "*.pt2"), library="torch", extra="pytorch"),
    Flavor(name="xgboost", files=("*.ubj", "*.bst", "model.json"), library="xgboost", extra="xgboost"),
    Flavor(name="sklearn", files=("*.joblib", "*.pkl", "*.skops"), library="sklearn", extra="sklearn"),
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


def recognise(serving_uri: str) -> Flavor | None:
    """Returns the flavor of the model in a folder, ``None`` where it is of none that is known."""
    names = files.listdir(serving_uri) if files.is_dir(serving_uri) else []
    return next((flavor for flavor in FLAVORS if flavor.recognises(names)), None)


def describe(serving_uri: str) -> ModelInfo:
    """Says what is saved in a folder, from its files alone: no framework is imported and nothing is unpickled.

    Raises:
        DataError: The folder holds no model of a known flavor, or one whose files are damaged.
    """
    flavor = recognise(serving_uri)
    if flavor is None:
        raise _unrecognised(serving_uri)
    if not flavor.description:
        return ModelInfo(flavor.name)
    described: ModelInfo = _resolve(flavor.description)(serving_uri)
    return described


def load(serving_uri: str, flavor: str | None = None, *, signature_name: str | None = None) -> Predictor:
    """Loads a model for prediction.

    Args:
        serving_uri: Folder of the servable model (``Model.serving_uri``).
        flavor: Its flavor as recorded on the artifact; ``None`` means that it is recognised from the files.
        signature_name: Signature to call; ``None`` means the default one.

    Raises:
        DataError: The folder holds no model of a known flavor, or one that does not load.
        DependencyError: The flavor's library is not installed, or this version of Penstock has no loader for it.
        ParameterError: There is no such flavor or signature.
    """
    found = flavor_named(flavor) if flavor else recognise(serving_uri)
    if found is None:
        raise _unrecognised(serving_uri)
    if not found.loader:
        able = ", ".join(known.name for known in FLAVORS if known.loader)
        raise DependencyError(
            f"models of flavor {found.name!r} cannot be loaded by this version of Penstock",
            input=serving_uri,
            expected=f"a model of flavor {able}",
            hint="training and pushing such a model work; leave out the nodes that predict with it",
        )
    try:
        predictor: Predictor = _resolve(found.loader)(serving_uri, signature_name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != found.library:
            raise
        raise DependencyError(
            f"{found.library} is not installed, which models of flavor {found.name!r} need",
            input=serving_uri,
            hint=f"pip install 'penstock[{found.extra}]'",
        ) from error
    return predictor


def _resolve(import_path: str) -> Any:
    module, _, name = import_path.partition(":")
    return getattr(importlib.import_module(module), name)


def _unrecognised(serving_uri: str) -> DataError:
    there = files.listdir(serving_uri) if files.is_dir(serving_uri) else []
    known = "; ".join(f"{flavor.name}: {', '.join(flavor.files)}" for flavor in FLAVORS)
    return DataError(
        f"{serving_uri} holds no model of a known flavor",
        input=serving_uri,
        expected=f"one of these files ({known})",
        got=", ".join(there[:10]) or "an empty or missing folder",
        hint="save the model straight into fn_args.serving_model_dir",
    )
