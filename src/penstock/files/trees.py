# SPDX-License-Identifier: Apache-2.0
"""Whole trees of files: copies and digests.

The digest of a tree is the SHA-256 over, for each file in the order of their names' UTF-8 bytes, the length
of the relative name (8 bytes, little-endian), the name in UTF-8, and the 32 bytes of the SHA-256 of the
content. Of a single file it is the SHA-256 of the content. Modes, times and empty folders do not count.
"""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

from penstock import files
from penstock.files.backend import Entry, storage_errors

_CHUNK_BYTES = 1 << 20
_THREADS = 4


def copy_tree(source: str, target: str) -> None:
    """Copies a file or a folder; see ``penstock.files.copy_tree``."""
    if not files.is_dir(source):
        copy_file(source, target)
        return
    files.makedirs(target)
    made = set()
    for entry in files.walk(source):
        destination = files.join(target, entry.name)
        folder = destination.rpartition("/")[0]
        if folder not in made:
            files.makedirs(folder)
            made.add(folder)
        copy_file(entry.uri, destination)


def copy_file(source: str, target: str) -> None:
    """Copies the content of one file."""
    with (
        files.open(source) as reader,
        files.open(target, "wb") as writer,
        storage_errors(f"copy {source} to", target),
    ):
        shutil.copyfileobj(reader, writer, _CHUNK_BYTES)


def file_digest(uri: str) -> str:
    """Returns the SHA-256 (hex) of one file's content, read in chunks."""
    return _content_hash(uri).hex()


def tree_digest(uri: str) -> str:
    """Returns the digest of a file or tree as this module defines it."""
    if not files.is_dir(uri):
        return file_digest(uri)
    return combine(files.walk(uri))


def combine(entries: list[Entry]) -> str:
    """Returns the digest of a set of files under the names that their entries give."""
    ordered = sorted(entries, key=lambda entry: entry.name.encode("utf-8", "surrogateescape"))
    contents = _content_hashes([entry.uri for entry in ordered])
    total = hashlib.sha256()
    for entry, content in zip(ordered, contents, strict=True):
        name = entry.name.encode("utf-8", "surrogateescape")
        total.update(len(name).to_bytes(8, "little") + name + content)
    return total.hexdigest()


def _content_hashes(uris: list[str]) -> list[bytes]:
    if len(uris) < 2:  # a thread costs more than a value does
        return [_content_hash(uri) for uri in uris]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(_content_hash, uris))


def _content_hash(uri: str) -> bytes:
    content = hashlib.sha256()
    with storage_errors("read", uri), files.open(uri) as file:
        while chunk := file.read(_CHUNK_BYTES):
            content.update(chunk)
    return content.digest()
