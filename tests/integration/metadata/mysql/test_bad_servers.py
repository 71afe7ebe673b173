# SPDX-License-Identifier: Apache-2.0
"""Servers and databases that cannot be used: one clear error each, in which no password stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from metadata_recorder import Recorder, mysql_config
from servers import Server
from servers.processes import free_port

from penstock.artifacts.standard import Model
from penstock.errors import MetadataError
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

Sql = Callable[..., "list[tuple[object, ...]]"]
PASSWORD = "s3cret' %s"


def refused(config: ConnectionConfig, message: str, *, create: bool = True, read_only: bool = False) -> None:
    with pytest.raises(MetadataError, match=message) as caught:
        MetadataStore.open(config, create=create, read_only=read_only)
    assert str(config) in str(caught.value)
    assert config.secret() not in f"{caught.value}" or not config.secret()
    assert caught.value.hint is not None


@pytest.fixture
def user(sql: Sql) -> Iterator[str]:
    """A user without rights."""
    name = f"u{uuid4().hex[:8]}"
    sql("CREATE USER %s@'127.0.0.1' IDENTIFIED BY %s", name, PASSWORD)
    yield name
    sql("DROP USER %s@'127.0.0.1'", name)


@pytest.fixture
def made(config: ConnectionConfig) -> ConnectionConfig:
    with MetadataStore.open(config) as store:
        store.begin_run("taxi", "r0", {})
    return config


def test_a_server_that_is_down() -> None:
    config = ConnectionConfig(
        "mysql", host="127.0.0.1", port=free_port(), username="ann", password="p", database="d"
    )
    with pytest.raises(MetadataError, match="does not answer; .*Can't connect.*what to do: is it running"):
        MetadataStore.open(config)


def test_a_host_that_is_not_there() -> None:
    config = ConnectionConfig("mysql", host="db.invalid", username="ann", password="p", database="d")
    with pytest.raises(MetadataError, match="does not answer; .*db.invalid"):
        MetadataStore.open(config)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_wrong_password(mariadb: Server, read_only: bool) -> None:
    config = mysql_config(mariadb, "results", password="wr0ng")
    refused(config, "refuses user and password; .*Access denied.*check both", read_only=read_only)


def test_a_password_that_the_environment_does_not_hold(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_METADATA_PASSWORD", raising=False)
    nobody = mysql_config(mariadb, "results", username="nobody", password=None)
    refused(nobody, "refuses user and password; .*variable PENSTOCK_METADATA_PASSWORD; set it")
    named = mysql_config(mariadb, "results", username="nobody", password="${NOT_SET}")
    with pytest.raises(MetadataError, match="password .* is not there; .*variable NOT_SET"):
        MetadataStore.open(named)


def test_no_such_database(config: ConnectionConfig) -> None:
    refused(
        config, "no such database; .*run a pipeline first, or have it made: CREATE DATABASE", read_only=True
    )
    refused(config, "no such database", create=False)


def test_a_database_without_tables(config: ConnectionConfig, sql: Sql) -> None:
    sql(f"CREATE DATABASE {config.database}")
    refused(config, "there is no metadata store; .*without tables", read_only=True)
    refused(config, "there is no metadata store", create=False)


def test_a_user_who_may_not_make_the_database(mariadb: Server, config: ConnectionConfig, user: str) -> None:
    refused(
        mysql_config(mariadb, config.database, username=user, password=PASSWORD),
        f"may not use the metadata store so; .*Access denied.*GRANT .* ON {config.database}",
    )


def test_a_user_who_may_not_make_tables(
    mariadb: Server, config: ConnectionConfig, user: str, sql: Sql
) -> None:
    sql(f"CREATE DATABASE {config.database}")
    sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {config.database}.* TO {user}@'127.0.0.1'")
    theirs = mysql_config(mariadb, config.database, username=user, password=PASSWORD)
    refused(theirs, f"cannot be opened; .*the user may not do this; .*GRANT .* ON {config.database}")


def test_a_user_who_may_only_read(mariadb: Server, made: ConnectionConfig, user: str, sql: Sql) -> None:
    sql(f"GRANT SELECT ON {made.database}.* TO {user}@'127.0.0.1'")
    theirs = mysql_config(mariadb, made.database, username=user, password=PASSWORD)
    with MetadataStore.open(theirs, read_only=True) as store:
        assert [run.run_id for run in store.list_runs()] == ["r0"]
    refused(
        theirs,
        f"may not use the metadata store so; .*INSERT command denied.*GRANT .* ON {made.database}",
        create=False,
    )


def test_a_user_with_the_rights_that_the_hint_names(
    mariadb: Server, config: ConnectionConfig, user: str, sql: Sql
) -> None:
    sql(
        f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER ON {config.database}.* TO {user}@'127.0.0.1'"
    )
    with MetadataStore.open(
        mysql_config(mariadb, config.database, username=user, password=PASSWORD)
    ) as store:
        Recorder(store).publish({"model": [Model("/m")]})
        assert len(store.latest_artifacts("Model")) == 1


def test_tables_of_another_release(made: ConnectionConfig, sql: Sql) -> None:
    sql(f"UPDATE {made.database}.MLMDEnv SET schema_version = 11")
    refused(made, "newer release of ml-metadata; .*version 10; got: schema version 11")
    sql(f"UPDATE {made.database}.MLMDEnv SET schema_version = 8")
    refused(made, "older release of ml-metadata; .*version 10; got: schema version 8")


def test_tables_that_are_half_made(made: ConnectionConfig, sql: Sql) -> None:
    sql(f"DROP TABLE {made.database}.Attribution")
    refused(made, f"some of ml-metadata's tables and not all; .*DROP DATABASE {made.database}")


def test_a_table_without_transactions(made: ConnectionConfig, sql: Sql) -> None:
    sql(f"ALTER TABLE {made.database}.Execution ENGINE = MyISAM")
    refused(made, "need transactions; .*expected: InnoDB; got: MyISAM")


def test_a_character_set_that_loses_text(config: ConnectionConfig, sql: Sql) -> None:
    sql(f"CREATE DATABASE {config.database} CHARACTER SET ascii")
    refused(
        config, "character set of the database would lose text; .*got: ascii_general_ci; .*CREATE DATABASE"
    )


@pytest.mark.parametrize("character_set", ["utf8mb4", "utf8mb3", "latin1", "utf8mb4 COLLATE utf8mb4_bin"])
def test_every_character_set_that_is_taken_holds_every_text(
    config: ConnectionConfig, character_set: str, sql: Sql
) -> None:
    sql(f"CREATE DATABASE {config.database} CHARACTER SET {character_set}")
    text = "é😀\u200f\u0301" + "".join(map(chr, range(1, 0x250)))
    with MetadataStore.open(config) as store:
        made = Recorder(store).publish({"model": [Model(f"/{text}", custom_properties={text[:60]: text})]})
        (found,) = store.artifacts([made["model"][0].id])
        assert found.uri == f"/{text}"
        assert found.custom_properties[text[:60]] == text
        assert store.artifact_by_uri(f"/{text}") is not None


def test_a_database_that_takes_two_names_for_one(config: ConnectionConfig, sql: Sql) -> None:
    sql(f"CREATE DATABASE {config.database} CHARACTER SET utf8mb4")  # as servers are mostly set up
    with MetadataStore.open(config) as store:
        recorder = Recorder(store)
        recorder.publish({"model": [Model("/m")]}, name="e0", type="my.Trainer")
        message = "takes two names of .* for one; expected: {}; got: {}"
        with pytest.raises(MetadataError, match=message.format("'R0'", "'r0'")):
            store.begin_run("taxi", "R0", {})
        with pytest.raises(MetadataError, match=message.format("'r0 '", "'r0'")):
            store.get_run("taxi", "r0 ")
        with pytest.raises(MetadataError, match=message.format("'E0'", "'e0'")):
            store.execution_by_name("my.Trainer", "E0")
        with pytest.raises(MetadataError, match=message.format("'my.trainer'", "'my.Trainer'")):
            recorder.start(type="my.trainer")
        assert store.artifact_by_uri("/M") is None
        assert store.artifact_by_uri("/m") is not None


def test_a_database_of_our_own_tells_names_apart(config: ConnectionConfig) -> None:
    with MetadataStore.open(config) as store:
        for run in ("r0", "R0"):
            Recorder(store).publish({"model": [Model(f"/{run}")]}, name=run, run_id=run)
        assert [run.run_id for run in store.list_runs()] == ["R0", "r0"]


def test_names_that_are_too_long(store: MetadataStore) -> None:
    with pytest.raises(MetadataError, match="name of a pipeline context is too long for the database"):
        store.begin_run("é" * 128, "r0", {})
    with pytest.raises(MetadataError, match="name of a pipeline_run context is too long for the database"):
        store.begin_run("taxi", "é" * 200, {})
    store.begin_run("taxi", "é" * 127, {})
    assert store.get_run("taxi", "é" * 127) is not None


def test_a_record_that_the_server_cannot_take(store: MetadataStore) -> None:
    recorder = Recorder(store)
    with pytest.raises(MetadataError, match="property 'k' is too long for the database"):
        recorder.start(properties={"k": "x" * 16_500_000})
    with pytest.raises(MetadataError, match="too large for the server .*its max_allowed_packet; got: 16 MB"):
        recorder.start(properties={"k": "'" * 15_900_000})
    recorder.publish({"model": [Model("/m")]})  # the connection is fit for use


def test_a_server_that_refuses_writes(mariadb: Server, made: ConnectionConfig, user: str, sql: Sql) -> None:
    sql(f"GRANT ALL ON {made.database}.* TO {user}@'127.0.0.1'")
    theirs = mysql_config(mariadb, made.database, username=user, password=PASSWORD)
    with MetadataStore.open(theirs) as store:
        sql("SET GLOBAL read_only = 1")
        try:
            with pytest.raises(
                MetadataError, match="the server is read-only; what to do: give the address of the primary"
            ):
                store.begin_run("taxi", "r1", {})
        finally:
            sql("SET GLOBAL read_only = 0")
        store.begin_run("taxi", "r1", {})


def test_integers_that_the_column_does_not_hold_come_back(store: MetadataStore) -> None:
    values = {
        "large": 2**40,
        "small": -(2**31) - 1,
        "third": 1 / 3,
        "tiny": 1e-300,
        "huge": 1e300,
        "null": "__MLMD_NULL__",
    }
    store.begin_run("taxi", "r0", values)
    run = store.get_run("taxi", "r0")
    assert run is not None
    assert run.properties == values
