# SPDX-License-Identifier: Apache-2.0
"""Which files an ExampleGen reads, and a fingerprint of what is in them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock import files
from penstock.errors import DataError
from penstock.examples.spans import SpanRange, locate
from penstock.files.trees import combine


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read.

    Attributes:
        uri: Where it is.
        size_bytes: How large it was when its fingerprint was taken.
    """

    uri: str
    size_bytes: int

    def check(self) -> None:
        """Makes sure that the file still has that size.

        Raises:
            DataError: It has not.
        """
        size = files.size(self.uri)
        if size != self.size_bytes:
            raise DataError(
                f"{self.uri} has changed since the run began",
                input=self.uri,
                expected=f"{self.size_bytes} bytes",
                got=f"{size} bytes",
                hint="let its writer finish, and run again",
            )


@dataclass(frozen=True, slots=True)
class SourceSplit:
    """The files of one input split.

    Attributes:
        name: Name of the split.
        files: Its files, sorted by name.
    """

    name: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """All that an ExampleGen reads.

    Attributes:
        splits: The input splits.
        span: The span, 0 where the patterns have none.
        version: The version, ``None`` where the patterns have none.
        fingerprint: One line per split: number of files, bytes, and the SHA-256 of names (below the input's folder)
            and contents. Times and the folder itself do not count.
        base: The input's folder.
        patterns: Per split, its pattern below that folder, with span and version filled in.
    """

    splits: tuple[SourceSplit, ...]
    span: int
    version: int | None
    fingerprint: str
    base: str = ""
    patterns: Mapping[str, str] = field(default_factory=dict)

    @property
    def num_files(self) -> int:
        """Number of files in all splits."""
        return sum(len(split.files) for split in self.splits)

    @property
    def num_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size_bytes for split in self.splits for file in split.files)


def find_source(base: str, patterns: Mapping[str, str], allowed: SpanRange) -> Source:
    """Finds the files of the latest span and version that the range allows, and takes their fingerprint.

    Args:
        base: Folder (URI) that the patterns are relative to.
        patterns: Glob pattern per input split; see ``penstock.examples.spans``.
        allowed: Which spans may be taken.

    Raises:
        ParameterError: A pattern is wrong.
        DataError: No file matches, the splits' spans differ, or something is no regular file, or its name not UTF-8.
    """
    if not files.is_dir(base):
        is_file = files.exists(base)
        raise DataError(
            f"{base} is {'a file, not a folder' if is_file else 'not there'}",
            input="input_base",
            expected="a folder with the input files",
            hint="give the file's folder, and the file as a pattern in input_config"
            if is_file
            else "check the path",
        )
    located = locate(base, patterns, allowed)
    splits, lines = [], []
    for name, pattern in located.patterns.items():
        split, line = _read_split(base, name, pattern)
        splits.append(split)
        lines.append(line)
    fingerprint = "\n".join(lines)
    return Source(tuple(splits), located.span, located.version, fingerprint, base, dict(located.patterns))


def _read_split(base: str, name: str, pattern: str) -> tuple[SourceSplit, str]:
    found = [uri for uri in files.glob(pattern, base=base) if _is_data(uri)]
    if not found:
        files.listdir(base)  # a folder that may not be read looks like an empty one to a pattern
        raise DataError(
            f"no file of split {name!r} matches {pattern!r} under {base}",
            input=pattern,
            expected="at least one file",
            hint="check the folder and the pattern; hidden files and folders do not count",
        )
    for uri in found:
        _check_text(uri)
        _check_file(uri)
    prefix = files.join(base, "")
    entries = [files.Entry(uri.removeprefix(prefix), uri, files.size(uri)) for uri in found]
    total = sum(entry.size for entry in entries)
    line = f"split:{name},num_files:{len(entries)},total_bytes:{total},sha256:{combine(entries)}"
    return SourceSplit(name, tuple(SourceFile(entry.uri, entry.size) for entry in entries)), line


def _check_text(uri: str) -> None:
    try:
        uri.encode()
    except UnicodeEncodeError:
        raise DataError(
            "the name of an input file is not UTF-8, and cannot be recorded",
            input=ascii(uri),
            hint="rename it",
        ) from None


def _check_file(uri: str) -> None:
    """Refuses what one could wait for for ever: a pipe, a socket, a terminal."""
    if (
        files.is_local(uri)
        and os.path.exists(files.local_path(uri))
        and not os.path.isfile(files.local_path(uri))
    ):
        raise DataError(
            f"{uri} is no regular file", input=uri, hint="take it away, or name the files with a pattern"
        )


def _is_data(uri: str) -> bool:
    return not posixpath.basename(uri).startswith((".", "_")) and not files.is_dir(uri)
