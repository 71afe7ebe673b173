# SPDX-License-Identifier: Apache-2.0
"""A MariaDB server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from servers.processes import Server, call, data_folder, free_port, program, started, unprivileged

USER = "penstock"
PASSWORD = "p@ss:w/rd %1"


@dataclass
class Mariadb:
    """A MariaDB server that can be stopped and started again on its data."""

    folder: Path
    user: str | None
    port: int
    options: tuple[str, ...]
    pid: int = 0
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        import pymysql

        command = [program("mariadbd", "mysqld"), "--no-defaults", f"--datadir={self.folder / 'data'}"]
        command += [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}"]
        command += [f"--pid-file={self.folder / 'pid'}", f"--init-file={self.folder / 'start.sql'}"]
        command += ["--skip-log-bin", "--skip-name-resolve", *self.options]

        def ready() -> None:
            pymysql.connect(
                host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database="results"
            ).close()

        self.pid = self._running.enter_context(started(command, user=self.user, cwd=self.folder, ready=ready))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Has the server end, and waits until it has."""
        if how is not signal.SIGKILL:
            os.kill(self.pid, how)
            state = Path(f"/proc/{self.pid}/stat")
            while state.exists() and state.read_bytes().rpartition(b")")[2].split()[0] != b"Z":
                time.sleep(0.02)
        self._running.close()

    @property
    def server(self) -> Server:
        """How to reach it."""
        return Server("127.0.0.1", self.port, self.pid, USER, PASSWORD)


@contextmanager
def restartable_mariadb(*options: str) -> Iterator[Mariadb]:
    """Runs a MariaDB server of the caller's own, with the database ``results`` and a user that may do everything."""
    install = program("mariadb-install-db", "mysql_install_db")
    user = unprivileged("mysql")
    with data_folder("mariadb", user) as folder:
        arguments = ["--no-defaults", f"--datadir={folder / 'data'}", "--skip-test-db"]
        call([install, *arguments, "--auth-root-authentication-method=normal"], user=user, cwd=folder)
        (folder / "start.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS results;\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        mariadb = Mariadb(folder, user, free_port(), options)
        mariadb.start()
        try:
            yield mariadb
        finally:
            mariadb.stop(signal.SIGKILL)


@contextmanager
def running_mariadb() -> Iterator[Server]:
    """Runs a MariaDB server with the database ``results`` and a user that may do everything."""
    with restartable_mariadb("--innodb-flush-log-at-trx-commit=0") as mariadb:
        yield mariadb.server
