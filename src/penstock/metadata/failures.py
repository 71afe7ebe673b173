# SPDX-License-Identifier: Apache-2.0
"""How a call of the store can fail, as far as it matters for what is done next."""

from __future__ import annotations

from penstock.errors import MetadataError

SCHEMA_VERSION = 10
"""Version of the library's tables in releases 1.17 to 1.21."""


class NotFoundError(MetadataError):
    """The library has no such thing."""


class AlreadyExistsError(MetadataError):
    """The library has something of that name."""


class BusyError(MetadataError):
    """Another writer was faster; the same call may succeed now."""


class LostError(MetadataError):
    """The connection no longer works, or the lock is lost; a new one may."""


class UnreachableError(LostError):
    """The database does not answer at the moment; it may be starting."""


def check_schema_version(version: int, store: str) -> None:
    """Refuses the tables of another release of the library.

    Raises:
        MetadataError: They are not of the version that this package can use.
    """
    if version == SCHEMA_VERSION:
        return
    newer = version > SCHEMA_VERSION
    raise MetadataError(
        f"the metadata store was written by {'a newer' if newer else 'an older'} release of ml-metadata",
        input=store,
        expected=f"schema version {SCHEMA_VERSION}",
        got=f"schema version {version}",
        hint="install the release that wrote it, or use another store"
        if newer
        else "copy it, then open it once with ml-metadata's own client and enable_upgrade_migration=True",
    )
