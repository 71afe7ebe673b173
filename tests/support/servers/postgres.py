# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager

from servers.processes import Server, call, data_folder, free_port, program, started, unprivileged

USER = "penstock"
PASSWORD = "p@ss:w/rd %1"


@contextmanager
def running_postgres() -> Iterator[Server]:
    """Runs a PostgreSQL server with the database ``postgres`` and passwords that are checked."""
    import psycopg

    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    initdb, postgres = program("initdb", folders=folders), program("postgres", folders=folders)
    user, port = unprivileged("postgres"), free_port()
    with data_folder("postgres", user) as folder:
        (folder / "password").write_text(PASSWORD)
        data = str(folder / "data")
        command = [
            initdb,
            "-D",
            data,
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        call([*command, f"--pwfile={folder / 'password'}"], user=user, cwd=folder)
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "user": USER,
            "password": PASSWORD,
            "dbname": "postgres",
        }
        serve = [postgres, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
        with started(
            serve,
            user=user,
            cwd=folder,
            ready=lambda: psycopg.connect(**settings).close(),  # type: ignore[arg-type]  # mixed values
        ) as pid:
            yield Server("127.0.0.1", port, pid, USER, PASSWORD)
