# SPDX-License-Identifier: Apache-2.0
"""Tells from a file's content which of PyTorch's formats it has, without PyTorch."""

from __future__ import annotations

import json
import zipfile
from typing import Any, Literal

from penstock.errors import DataError

Format = Literal["state_dict", "torchscript", "exported"]

STATE_DICT: Format = "state_dict"
TORCHSCRIPT: Format = "torchscript"
EXPORTED: Format = "exported"


def format_of(path: str, uri: str) -> Format:
    """Returns the format of a file that PyTorch has written.

    ``state_dict`` stands for all that ``torch.save`` pickles; whether it is a state dict shows when it is loaded.

    Args:
        path: The file, on a local disk.
        uri: What the file is called in an error.

    Raises:
        DataError: It is no whole file of PyTorch's.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()]
    except zipfile.BadZipFile:
        return _before_archives(path, uri)
    except OSError as error:
        raise _damaged(uri, str(error)) from error
    if any(name.startswith("models/") for name in names) or "serialized_exported_program.json" in names:
        return EXPORTED
    if any(name.startswith("code/") for name in names):
        return TORCHSCRIPT
    if "data.pkl" in names:
        return STATE_DICT
    if "serialized_exported_program.json" in _top_names(path):
        return EXPORTED
    raise _damaged(uri, "an archive of other files")


def unpickled_parts(path: str) -> dict[str, bytes]:
    """Returns the parts of an exported program that ``torch.export.load`` may unpickle without restriction, by name."""
    with zipfile.ZipFile(path) as archive:
        found = {name for name in archive.namelist() if name.endswith(".pt")}
        for name in archive.namelist():
            if name.endswith("_config.json"):
                folder = name.rpartition("/")[0]
                parts: Any = json.loads(archive.read(name)).get("config", {})
                found.update(
                    f"{folder}/{part['path_name']}" for part in parts.values() if part.get("use_pickle")
                )
        contents = {name: archive.read(name) for name in sorted(found & set(archive.namelist()))}
    return {name: content for name, content in contents.items() if content}


def _top_names(path: str) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _before_archives(path: str, uri: str) -> Format:
    """Recognises what PyTorch wrote before 1.6, and on request still writes: a bare pickle."""
    with open(path, "rb") as file:
        start = file.read(2)
    if start[:1] == b"\x80" and start[1:] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return STATE_DICT
    raise _damaged(uri, "neither an archive nor a pickle" if start else "an empty file")


def _damaged(uri: str, got: str) -> DataError:
    return DataError(
        f"{uri} is no file that PyTorch can load",
        input=uri,
        expected="a state dict (torch.save), TorchScript (torch.jit.save) or an exported program (torch.export.save)",
        got=got,
        hint="it is damaged or half-written: save or copy the model again",
    )
