# SPDX-License-Identifier: Apache-2.0
"""A MariaDB server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from servers.processes import Server, call, data_folder, free_port, program, started, unprivileged

USER = "penstock"
PASSWORD = "p@ss:w/rd %1"


@contextmanager
def running_mariadb() -> Iterator[Server]:
    """Runs a MariaDB server with the database ``results`` and a user that may do everything."""
    import pymysql

    install = program("mariadb-install-db", "mysql_install_db")
    serve = program("mariadbd", "mysqld")
    user, port = unprivileged("mysql"), free_port()
    with data_folder("mariadb", user) as folder:
        data = str(folder / "data")
        options = ["--no-defaults", f"--datadir={data}", "--skip-test-db"]
        call([install, *options, "--auth-root-authentication-method=normal"], user=user, cwd=folder)
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE results;\n"
            f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        command = [serve, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
        command += [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--init-file={start}"]
        command += ["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--skip-name-resolve"]

        def ready() -> None:
            pymysql.connect(
                host="127.0.0.1", port=port, user=USER, password=PASSWORD, database="results"
            ).close()

        with started(command, user=user, cwd=folder, ready=ready) as pid:
            yield Server("127.0.0.1", port, pid, USER, PASSWORD)
