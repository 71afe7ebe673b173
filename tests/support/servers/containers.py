# SPDX-License-Identifier: Apache-2.0
"""Real container engines of their own: podman with its images in a folder, dockerd on a socket there; and an image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from servers.processes import MissingProgramError, data_folder, program

IMAGE = "localhost/penstock-test:latest"
"""Image with busybox, and its commands under their names."""

_COMMANDS = ("sh", "cat", "echo", "ls", "sleep", "id", "env", "true", "wc")
_START_SECONDS = 60.0

# There are machines, containers themselves, where the usual limits may not be set and where there is no bridge.
_LIMITS = {"default-ulimits": {"nofile": {"Name": "nofile", "Hard": 4096, "Soft": 4096}}}
_CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """An engine with the test image.

    Attributes:
        name: ``docker`` or ``podman``.
        program: Path of its command.
        environment: Environment variables with which the command finds it.
    """

    name: str
    program: str
    environment: Mapping[str, str]

    def call(self, *args: str, input: bytes | None = None) -> str:
        """Runs a command of the engine's and returns what it printed."""
        done = subprocess.run(
            [self.program, *args],
            env={**os.environ, **self.environment},
            input=input,
            capture_output=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise MissingProgramError(
                f"{self.name} does not work here: {done.stderr.decode(errors='replace')[-500:]}"
            )
        return done.stdout.decode()

    def containers(self) -> list[str]:
        """Returns the names of all containers."""
        return self.call("ps", "--all", "--format", "{{.Names}}").split()


@contextmanager
def running_podman() -> Iterator[ContainerEngine]:
    """Gives podman a storage of its own; raises ``MissingProgramError`` where it is not there or does not work."""
    path = program("podman")
    _check_root("podman")
    with data_folder("podman", None) as folder:
        runtime = shutil.which("runc", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
        chosen = f'runtime = "runc"\n[engine.runtimes]\nrunc = ["{runtime}"]\n' if runtime else ""
        (folder / "containers.conf").write_text(_CONTAINERS_CONF + chosen)
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver="overlay"\ngraphroot="{folder}/storage"\nrunroot="{folder}/run"\n'
        )
        engine = ContainerEngine(
            "podman",
            path,
            {
                "CONTAINERS_CONF": str(folder / "containers.conf"),
                "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            },
        )
        _import(engine)
        try:
            yield engine
        finally:
            engine.call("rm", "--all", "--force", "--time", "0")
            engine.call("system", "reset", "--force")


@contextmanager
def running_docker() -> Iterator[ContainerEngine]:
    """Starts a docker daemon; raises ``MissingProgramError`` where it is not there or does not work."""
    daemon, client = program("dockerd"), program("docker")
    _check_root("dockerd")
    with data_folder("docker", None) as folder:
        (folder / "daemon.json").write_text(json.dumps(_LIMITS))
        socket = f"unix://{folder}/docker.sock"
        command = [
            daemon, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid",
            "--host", socket, "--config-file", f"{folder}/daemon.json", "--iptables=false", "--ip-masq=false",
            "--bridge=none",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            engine = ContainerEngine("docker", client, {"DOCKER_HOST": socket})
            _wait(engine, process, folder / "log")
            _import(engine)
            yield engine
        finally:
            process.terminate()
            process.wait(60)


def _check_root(name: str) -> None:
    if os.geteuid() != 0:
        raise MissingProgramError(f"tests start {name} as root only")


def _wait(engine: ContainerEngine, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            engine.call("info")
        except MissingProgramError:
            if process.poll() is not None or time.monotonic() > end:
                raise MissingProgramError(f"dockerd does not work here: {log.read_text()[-500:]}") from None
            time.sleep(0.1)
        else:
            return


def _import(engine: ContainerEngine) -> None:
    """Makes the image: a static busybox and links to it."""
    busybox = program("busybox", folders=("/bin", "/usr/bin"))
    _check_static(busybox)
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in ("bin", "tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(folder)
        tar.add(os.path.realpath(busybox), "bin/busybox")
        for name in _COMMANDS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    engine.call("import", "-", IMAGE, input=content.getvalue())


def _check_static(busybox: str) -> None:
    linked = subprocess.run(["ldd", busybox], capture_output=True, text=True)
    if linked.returncode == 0 and "=>" in linked.stdout:
        raise MissingProgramError("busybox is there, but not the one that stands alone (busybox-static)")
