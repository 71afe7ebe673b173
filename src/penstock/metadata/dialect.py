# SPDX-License-Identifier: Apache-2.0
"""What a database can hold: names, URIs and texts that the library stores as they are, and those that are refused."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.errors import MetadataError

_NULL_SENTINEL = "__MLMD_NULL__"
_STRUCT_SENTINEL = "mlmd-struct::"
_LONGEST_NAME = 255
_LONGEST_URI_BYTES = 60_000
_BYTES_AS_STORED = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a database can hold.

    Attributes:
        integer_bits: Width of its integer column.
        folds_names: Whether it takes names for equal that differ in case or trailing blanks.
        counts_bytes: Whether its columns are bounded by the bytes of UTF-8 instead of characters. The library speaks
            latin1 to servers, so that there each such byte is a character, which in turn may take three bytes.
        longest_text_bytes: How much a text value may take; ``None`` for no bound.
    """

    integer_bits: int
    folds_names: bool
    counts_bytes: bool = False
    longest_text_bytes: int | None = None

    def check_name(self, what: str, name: str) -> str:
        """Returns a name that the library stores as it is.

        Raises:
            MetadataError: It is empty, too long, or holds what the library mangles.
        """
        if not name or len(name) > _LONGEST_NAME:
            raise MetadataError(
                f"a {what} needs a name", expected=f"1 to {_LONGEST_NAME} characters", got=repr(name[:300])
            )
        check_text(f"the name of a {what}", name)
        size = len(name.encode("utf-8"))
        if self.counts_bytes and size > _LONGEST_NAME:
            raise MetadataError(
                f"the name of a {what} is too long for the database",
                expected=f"at most {_LONGEST_NAME} bytes of UTF-8",
                got=f"{size} bytes, beginning with {name[:40]!r}",
            )
        return name

    def check_uri(self, uri: str) -> str:
        """Returns a URI that the library stores as it is; raises as ``check_name`` does."""
        if self._size(uri) > _LONGEST_URI_BYTES:
            raise MetadataError(
                "a URI is too long", expected=f"{_LONGEST_URI_BYTES} bytes", got=f"{len(uri)} characters"
            )
        return check_text("a URI", uri)

    def check_size(self, key: str, text: str) -> None:
        """Refuses the text of a property that is too long; raises as ``check_name`` does."""
        longest = self.longest_text_bytes
        if longest is not None and self._size(text) > longest:
            raise MetadataError(
                f"property {key!r} is too long for the database",
                expected=f"at most {longest} bytes",
                got=f"{len(text)} characters",
                hint="keep it in a file of an artifact",
            )

    def _size(self, text: str) -> int:
        """Returns how many bytes a text takes in the database, at most."""
        encoded = text.encode("utf-8", "replace")
        if not self.counts_bytes or encoded.isascii():
            return len(encoded)
        return sum(1 if byte < 128 else _BYTES_AS_STORED for byte in encoded)


SQLITE = Dialect(integer_bits=64, folds_names=False)
MYSQL = Dialect(integer_bits=32, folds_names=True, counts_bytes=True, longest_text_bytes=16_000_000)


def check_text(what: str, text: str) -> str:
    """Returns a text that the library stores as it is.

    Raises:
        MetadataError: It holds what the library mangles.
    """
    if not storable(text):
        raise MetadataError(
            f"{what} cannot be stored",
            expected=f"Unicode without NUL that is not {_NULL_SENTINEL} and does not begin with {_STRUCT_SENTINEL}",
            got=repr(text[:80]),
        )
    return text


def storable(text: str) -> bool:
    """Says whether the library stores a text as it is."""
    return (
        "\0" not in text
        and text != _NULL_SENTINEL
        and not text.startswith(_STRUCT_SENTINEL)
        and is_unicode(text)
    )


def is_unicode(text: str) -> bool:
    """Says whether a text has a form in UTF-8: one with a lone surrogate has not."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
