# SPDX-License-Identifier: Apache-2.0
"""Who runs an execution: enough to tell, later and from elsewhere, whether that process is still there."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A process.

    Attributes:
        host: Name of its machine.
        boot_id: Id of that machine's boot; ``""`` where the system has none.
        pid_namespace: The space that the process id counts in; containers of one machine have their own.
        pid: Its process id.
        start_ticks: Its start in clock ticks since boot, which tells it from a later process of the same id.
    """

    host: str
    boot_id: str
    pid_namespace: str
    pid: int
    start_ticks: int

    @classmethod
    def current(cls) -> Owner:
        """Returns the owner that this process is."""
        pid = os.getpid()
        return cls(
            host=socket.gethostname(),
            boot_id=_boot_id(),
            pid_namespace=_pid_namespace(),
            pid=pid,
            start_ticks=_start_ticks(pid) or 0,
        )

    def is_alive(self) -> bool:
        """Says whether the process still runs; one that cannot be seen from here counts as alive."""
        if self.host != socket.gethostname():
            return True
        if self.boot_id != _boot_id():
            return False
        if self.pid_namespace != _pid_namespace():
            return True
        if not self.start_ticks:
            return _exists(self.pid)
        return _start_ticks(self.pid) == self.start_ticks

    def to_text(self) -> str:
        """Returns the owner as one line of JSON (see ``from_text``)."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Owner:
        """Rebuilds an owner from ``to_text``."""
        return cls(**json.loads(text))


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _start_ticks(pid: int) -> int | None:
    """Returns when a process started, ``None`` where it does not run (a zombie has ended) or cannot be seen."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = status.rpartition(b")")[2].split()  # the name in parentheses may hold blanks and parentheses
    state, start = fields[0], fields[19]
    return None if state in (b"Z", b"X") else int(start)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
