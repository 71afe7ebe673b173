# SPDX-License-Identifier: Apache-2.0
"""Where the framework's own file of a saved model is."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from penstock import files
from penstock.errors import DataError
from penstock.models.descriptor import read_descriptor


def model_file(uri: str, patterns: Sequence[str]) -> str:
    """Returns the URI of a model's own file.

    Args:
        uri: The model: its folder, or the file itself.
        patterns: Patterns of the file's name, the preferred ones first; used where no descriptor names it.

    Raises:
        DataError: There is none, or the one that the descriptor names is missing.
    """
    if not files.is_dir(uri):
        return _existing(uri, uri)
    descriptor = read_descriptor(uri)
    if descriptor is not None and descriptor.file:
        return _existing(files.join(uri, descriptor.file), uri)
    names = files.listdir(uri)
    for pattern in patterns:
        for name in names:
            if fnmatchcase(name, pattern):
                return files.join(uri, name)
    raise DataError(
        f"{uri} holds no model file",
        input=uri,
        expected=f"one of {', '.join(patterns)}",
        got=", ".join(names[:10]),
    )


def _existing(path: str, model: str) -> str:
    if not files.exists(path):
        raise DataError(
            f"the model at {model} is not there"
            if path == model
            else f"the model at {model} lacks its file {path}",
            input=model,
            expected="a saved model",
            hint="it was moved, removed or only copied in part: train, copy or push it again",
        )
    return path


@contextlib.contextmanager
def local_copy(uri: str) -> Iterator[str]:
    """Gives a local path to a file or folder: its own, or that of a copy that is removed at the end."""
    if files.is_local(uri):
        yield files.local_path(uri)
        return
    with tempfile.TemporaryDirectory(prefix="penstock-model-") as folder:
        target = files.join(folder, uri.rstrip("/").rpartition("/")[2])
        files.copy_tree(uri, target)
        yield target
