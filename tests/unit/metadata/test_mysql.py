# SPDX-License-Identifier: Apache-2.0
"""What can be said of a server without one; the rest is in tests/integration/metadata/mysql."""

from __future__ import annotations

import sys

import pytest

from penstock.errors import DependencyError, MetadataError
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.failures import BusyError, LostError, UnreachableError
from penstock.metadata.mysql import check_version
from penstock.metadata.mysql_session import address, error_of, library_refused
from penstock.metadata.store import MetadataStore

CONFIG = ConnectionConfig("mysql", host="LocalHost", username="ann", password="s3cret", database="runs")


@pytest.mark.parametrize(
    "version",
    [
        "5.7.44-log",
        "8.0.39",
        "8.4.3",
        "10.2.1-MariaDB",
        "11.4.2-MariaDB-log",
        "5.5.5-10.11.19-MariaDB",
        "5.7.25-TiDB-v8",
    ],
)
def test_servers_that_are_new_enough(version: str) -> None:
    check_version(version, "store")


@pytest.mark.parametrize("version", ["5.6.51", "5.5.68-MariaDB", "10.1.48-MariaDB", "5.5.5-10.0.38-MariaDB"])
def test_servers_that_are_too_old(version: str) -> None:
    with pytest.raises(MetadataError, match=f"too old; .*or newer; got: {version}"):
        check_version(version, "store")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1205, BusyError),
        (1213, BusyError),
        (2003, UnreachableError),
        (1040, UnreachableError),
        (2006, LostError),
        (2013, LostError),
        (0, LostError),
    ],
)
def test_errors_of_the_driver_say_what_is_done_next(code: int, kind: type[MetadataError]) -> None:
    assert type(error_of(CONFIG, RuntimeError(code, "text"))) is kind


@pytest.mark.parametrize("code", [1251, 2059, 3159])
def test_ways_to_sign_in_that_the_library_does_not_know_are_named(code: int) -> None:
    assert "mysql_native_password" in str(error_of(CONFIG, RuntimeError(code, "Authentication plugin")))
    assert "mysql_native_password" in str(
        library_refused(CONFIG, "mysql_real_connect failed: errno: , error: ")
    )


def test_localhost_is_no_socket_file() -> None:
    assert address(CONFIG) == "127.0.0.1"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(DependencyError, match=r"need PyMySQL; .*pip install 'penstock\[mysql\]'"):
        MetadataStore.open(CONFIG)
