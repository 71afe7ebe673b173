# SPDX-License-Identifier: Apache-2.0
"""Starts a server's program, waits until it answers, and ends it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
_START_SECONDS = 60.0
_END_SECONDS = 20.0


class MissingProgramError(Exception):
    """A server's program is not installed here."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    Attributes:
        host: Address that it listens on.
        port: Its port.
        pid: Its process.
        user: User of the service that may do everything.
        password: That user's password.
    """

    host: str
    port: int
    pid: int
    user: str = ""
    password: str = ""


def program(*names: str, folders: Sequence[str] = ()) -> str:
    """Returns the path of the first program of these names that is installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS, *folders])
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise MissingProgramError(f"{names[0]} is not installed")


def free_port() -> int:
    """Returns a port of the loopback address that no one listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def data_folder(name: str, user: str | None) -> Iterator[Path]:
    """Makes a folder that a user without rights can reach, unlike those that pytest makes, and removes it."""
    folder = Path(tempfile.mkdtemp(prefix=f"penstock-{name}-", dir="/tmp"))
    try:
        if user is not None:
            folder.chmod(0o755)
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged(*names: str) -> str | None:
    """Returns the first of these users that exists where this process is root; ``None`` where it is not."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise MissingProgramError("there is no unprivileged user to run as")


def call(command: Sequence[str], *, user: str | None, cwd: Path) -> None:
    """Runs a command to its end as a user; what it printed is in the error where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_environment(cwd),
        user=user,
        group=_group(user),
        capture_output=True,
        text=True,
        timeout=_START_SECONDS,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}{done.stderr}"


@contextmanager
def started(
    command: Sequence[str], *, user: str | None, cwd: Path, ready: Callable[[], object]
) -> Iterator[int]:
    """Starts a server as a user and yields its process id once ``ready`` no longer raises; ends it afterwards."""
    log = cwd / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=_environment(cwd),
            user=user,
            group=_group(user),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, ready, log)
        yield process.pid
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], object], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            ready()
        except Exception:
            text = log.read_text(errors="replace")
            assert process.poll() is None, f"the server ended:\n{text}"
            assert time.monotonic() < end, f"the server does not answer:\n{text}"
            time.sleep(0.05)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    # Their data go as well, so there is nothing to bring in order: SIGQUIT ends PostgreSQL and its processes at once.
    process.send_signal(signal.SIGQUIT if "postgres" in str(process.args) else signal.SIGKILL)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(folder: Path) -> dict[str, str]:
    # Those of the tests lie where only their own user may go.
    return {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None
