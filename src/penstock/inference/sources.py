# SPDX-License-Identifier: Apache-2.0
"""Which files a source is, what is in them by content, and which columns they have. Light until it is asked."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.artifacts.standard import Examples
from penstock.errors import DataError, ParameterError, did_you_mean
from penstock.files.trees import combine
from penstock.inference.column_flow import UNKNOWN, Column, Columns, Kind
from penstock.inference.job import SourceFiles
from penstock.inference.spec import SourceSpec


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A source that was looked for.

    Attributes:
        files: Its files.
        fingerprint: Number of files, bytes, and the SHA-256 of names (below the folder that they share) and contents.
    """

    files: SourceFiles
    fingerprint: str


def find_source(spec: SourceSpec, project_root: str) -> FoundSource:
    """Finds a source's files and takes their fingerprint.

    Args:
        spec: A file, a folder (with all that lies in it, hidden files apart), or a pattern.
        project_root: Folder that a relative path starts at.

    Raises:
        DataError: There is no file.
    """
    place = files.join(project_root, spec.files)
    found = _files_at(place) or _matching(spec.files, project_root)
    if not found:
        raise DataError(
            f"the source {spec.files} has no files",
            input=place,
            expected="a file, a folder with files, or a pattern such as data/*.csv",
            got="an empty folder" if files.is_dir(place) else "no such file",
            hint="a relative path starts at the project's root; hidden files do not count",
        )
    folder = posixpath.dirname(posixpath.commonprefix(found))
    entries = [files.Entry(uri.removeprefix(f"{folder}/"), uri, files.size(uri)) for uri in found]
    total = sum(entry.size for entry in entries)
    fingerprint = f"num_files:{len(entries)},total_bytes:{total},sha256:{combine(entries)}"
    return FoundSource(SourceFiles(tuple(found), spec.format), fingerprint)


def _files_at(place: str) -> list[str]:
    if files.is_dir(place):
        return [files.join(place, name) for name in files.listdir(place) if _is_data(files.join(place, name))]
    return [place] if files.exists(place) else []


def _matching(pattern: str, project_root: str) -> list[str]:
    is_relative = "://" not in pattern and not pattern.startswith("/")
    found = files.glob(pattern, base=project_root) if is_relative else files.glob(pattern)
    return [uri for uri in found if _is_data(uri)]


def _is_data(uri: str) -> bool:
    return not posixpath.basename(uri).startswith((".", "_")) and not files.is_dir(uri)


def find_examples(examples: Sequence[Examples], splits: Sequence[str] = ()) -> SourceFiles:
    """Returns the files of splits, in the order of the splits; all splits where none is named.

    Raises:
        ParameterError: There is no such split.
        DataError: The splits have no files.
    """
    folders = [folder for found in split_folders(examples, splits).values() for folder in found]
    found = data_files(folders)
    if not found:
        raise DataError("the examples have no rows", input="examples", got=", ".join(folders) or "no split")
    return SourceFiles(found)


def split_folders(examples: Sequence[Examples], splits: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Returns the folders of splits, one for each artifact that has the split; all splits where none is named.

    Raises:
        ParameterError: There is no such split.
    """
    known = list(dict.fromkeys(split for artifact in examples for split in artifact.splits))
    wanted = list(dict.fromkeys(splits)) or known
    for name in wanted:
        if name not in known:
            raise ParameterError(
                f"the examples have no split {name!r}",
                input="data_spec.example_splits",
                expected=f"one or more of {', '.join(known) or '(none)'}",
                hint=did_you_mean(name, known),
            )
    return {name: tuple(a.split_uri(name) for a in examples if name in a.splits) for name in wanted}


def data_files(folders: Sequence[str]) -> tuple[str, ...]:
    """Returns the files in folders, hidden ones apart; a folder that is missing has none."""
    return tuple(uri for folder in folders if files.is_dir(folder) for uri in _files_at(folder))


def known_columns(source: SourceFiles) -> Columns:
    """Returns the columns of files as far as their beginning or end tells them; nothing of other formats.

    Raises:
        DataError: A header is wrong, or the file is not what its name says.
    """
    if source.format == "files":
        return Columns(
            {"file": Column(kind="bytes", is_list=False), "content": Column(kind="bytes", is_list=False)}
        )
    first = source.files[0]
    if source.format == "csv" or (source.format is None and _named(first, (".csv", ".csv.gz"))):
        from penstock.inference.first_rows import csv_columns

        return csv_columns(source.files)
    if source.format == "json_lines" or (source.format is None and _named(first, _JSON_LINES)):
        from penstock.inference.first_rows import json_columns

        return json_columns(source.files)
    if source.format == "parquet" or (source.format is None and _named(first, (".parquet",))):
        return _of_parquet(source.files)
    return UNKNOWN


_JSON_LINES = tuple(f".{name}{end}" for name in ("jsonl", "ndjson", "json") for end in ("", ".gz"))


def _named(uri: str, suffixes: tuple[str, ...]) -> bool:
    return uri.lower().endswith(suffixes)


def _of_parquet(uris: Sequence[str]) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    known: dict[str, Column] = {}
    for uri in uris:
        try:
            with files.open(uri) as stream, files.storage_errors("read", uri):
                schema = pq.read_schema(stream)
        except pa.ArrowException as error:
            raise DataError(f"{uri} is no Parquet", input=uri, got=str(error)) from error
        known.update({item.name: _column(item.type) for item in schema})
    return Columns(known)


def _column(type_: Any) -> Column:
    from pyarrow import types

    is_list = types.is_list(type_) or types.is_large_list(type_)
    value = type_.value_type if is_list else type_
    kind: Kind | None = None
    if types.is_integer(value):
        kind = "int"
    elif types.is_floating(value):
        kind = "float"
    elif any(
        is_(value) for is_ in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    ):
        kind = "bytes"
    return Column(kind=kind, is_list=is_list)
