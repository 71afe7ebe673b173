# SPDX-License-Identifier: Apache-2.0
"""Saves a model of any framework so that it says what it is, takes and gives."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from penstock import files
from penstock.errors import DataError, ParameterError, PenstockError
from penstock.models.descriptor import FILE_NAME, Descriptor, write_descriptor
from penstock.models.flavor import Flavor
from penstock.models.registry import (
    FLAVORS,
    describe,
    flavor_named,
    flavor_of,
    library_errors,
    recognise,
    resolve,
)
from penstock.models.request import SaveRequest
from penstock.models.signature import ModelInfo, Signature


def save(
    model: Any,
    uri: str | os.PathLike[str],
    *,
    signature: Signature | None = None,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    example: Any = None,
    flavor: str | None = None,
    **flavor_options: Any,
) -> ModelInfo:
    """Saves a model into a folder: in its framework's own format, and with a descriptor of what it takes and gives.

    What the model takes is said by ``signature``; or by ``inputs``, by ``example``, or by both (an array has no
    names of its own); or by nothing where the model itself knows it, as scikit-learn's models do that were fitted on
    a DataFrame.

    Args:
        model: The model; or the path of a file or folder that its framework has saved, which is copied.
        uri: Folder to save into (``fn_args.serving_model_dir``); it is made where it is missing.
        signature: What the model takes and gives.
        inputs: Names of the columns that it takes, in its order.
        outputs: Names of what it gives.
        example: A few rows that it takes: a record batch, table, DataFrame, arrays by name, or an array.
        flavor: Its flavor, where that does not follow from its class.
        **flavor_options: What the flavor takes besides; see ``docs/reference/models.md``.

    Returns:
        What was saved, as :func:`describe` says it of the folder.

    Raises:
        DataError: The example is not what the model takes.
        DependencyError: The flavor's library is not installed.
        ParameterError: The model is of no known flavor, its signature is neither given nor known, or an argument is
            not one of this flavor's.
        StorageError: The folder cannot be written.
    """
    target = os.fspath(uri)
    request = SaveRequest(
        signature, _names(inputs, "inputs"), _names(outputs, "outputs"), example, flavor_options
    )
    if isinstance(model, (str, os.PathLike)):
        return _save_files(os.fspath(model), target, flavor, request)
    found = flavor_named(flavor) if flavor else flavor_of(model)
    if found is None:
        raise _of_no_flavor(model)
    if not found.saver:
        raise ParameterError(
            f"models of flavor {found.name!r} cannot be saved from memory by this version of Penstock",
            input="model",
            expected=f"a model of flavor {', '.join(known.name for known in FLAVORS if known.saver)}",
            hint="save it with its own framework and give penstock.models.save the path",
        )
    return _save_object(model, found, target, request)


def _save_object(model: Any, flavor: Flavor, target: str, request: SaveRequest) -> ModelInfo:
    files.makedirs(target)
    # A descriptor of an earlier model must not stand beside files of this one, should this end half-way.
    files.remove_tree(files.join(target, FILE_NAME))
    if files.is_local(target):
        descriptor = _write(model, flavor, Path(files.local_path(target)), request)
    else:
        with tempfile.TemporaryDirectory(prefix="penstock-model-") as folder:
            descriptor = _write(model, flavor, Path(folder), request)
            files.copy_tree(folder, target)
    write_descriptor(target, descriptor)
    return descriptor.info


def _write(model: Any, flavor: Flavor, folder: Path, request: SaveRequest) -> Descriptor:
    with library_errors(flavor, str(folder)), files.storage_errors("write", str(folder)):
        descriptor: Descriptor = resolve(flavor.saver)(model, folder, request)
    return descriptor


def _save_files(source: str, target: str, flavor: str | None, request: SaveRequest) -> ModelInfo:
    """Copies what a framework has saved by itself."""
    request.check_options(flavor or "that are files")
    if request.inputs or request.outputs or request.example is not None:
        raise ParameterError(
            "a model that is given as files is saved with a signature, or with what the files say",
            input="inputs, outputs, example",
            expected="signature=penstock.models.Signature(...)",
            hint="load the model and give the object itself to name its inputs in an easier way",
        )
    found = flavor_named(flavor) if flavor else recognise(source)
    if found is None or not files.exists(source):
        raise DataError(
            f"{source} is no saved model of a known flavor",
            input="model",
            expected="a model in memory, or the path of a file or folder that its framework has saved",
        )
    info = ModelInfo(found.name) if request.signature else describe(source)
    if request.signature is not None:
        _check_outputs(source, request.signature)
        info = dataclasses.replace(info, signatures=(request.signature,))
    one_file = "" if files.is_dir(source) else source.rstrip("/").rpartition("/")[2]
    files.makedirs(target)
    files.remove_tree(files.join(target, FILE_NAME))
    files.copy_tree(source, files.join(target, one_file) if one_file else target)
    # Where nothing is added to what the files say, they say it themselves; nor is an older descriptor replaced.
    if request.signature is not None:
        write_descriptor(target, Descriptor(found.name, info.signatures, info.library_version, one_file))
    return info


def _check_outputs(source: str, signature: Signature) -> None:
    """Refuses outputs that a framework's files do not have, where they say which they have."""
    said = None
    if not files.exists(files.join(source, FILE_NAME)):  # a descriptor may say less than the model gives
        with suppress(PenstockError):
            info = describe(source)
            said = next((one for one in info.signatures if one.name == signature.name), info.signature)
    known = [spec.name for spec in said.outputs] if said is not None else []
    for spec in signature.outputs if known else ():
        if spec.name not in known:
            raise ParameterError(
                f"the model has no output {spec.name!r}",
                input="signature",
                expected=f"some of {', '.join(known)}",
            )


def _names(names: Sequence[str], argument: str) -> tuple[str, ...]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ParameterError(
            f"{argument} is not a list of names",
            input=argument,
            expected="names such as ['trip_miles', 'fare']",
            got=repr(names)[:100],
        )
    if len(set(names)) != len(names):
        raise ParameterError(f"{argument} names something twice", input=argument, got=", ".join(names))
    return tuple(names)


def _of_no_flavor(model: Any) -> ParameterError:
    return ParameterError(
        f"{type(model).__module__}.{type(model).__qualname__} is no model of a flavor that is known here",
        input="model",
        expected=f"a model of {', '.join(known.name for known in FLAVORS)}",
        hint="give the model itself, not a dictionary or wrapper around it; flavor=... where its class does not tell",
    )
