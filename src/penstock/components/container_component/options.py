# SPDX-License-Identifier: Apache-2.0
"""How the local engine runs a container, apart from what it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Pull = Literal["missing", "always", "never"]


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """How docker or podman runs a container.

    Attributes:
        network: Network that it joins, such as ``none`` or ``host``; the engine's own choice where it is ``None``.
        environment: Environment variables.
        user: User that it runs as (``uid``, ``uid:gid`` or a name of the image); ``None`` for the one who runs the
            pipeline, so that outputs belong to that one.
        volumes: Further folders, as the engine's ``--volume`` takes them (``/data:/data:ro``).
        pull: When to fetch the image; ``None`` for the engine's choice, where it is missing.
        run_args: Further arguments of ``docker run``.
        cpus, memory_gib, accelerators: What ``with_resources`` asks for; kept as limits.
    """

    network: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    volumes: tuple[str, ...] = ()
    pull: Pull | None = None
    run_args: tuple[str, ...] = ()
    cpus: float | None = None
    memory_gib: float | None = None
    accelerators: int | None = None

    def decisive(self) -> dict[str, Any]:
        """Returns those that are set and that a result may depend on, for the cache key.

        Of the environment's values there are only digests: a password may be among them.
        """
        digests = {name: _digest(value) for name, value in sorted(self.environment.items())}
        options = {
            "environment": digests,
            "user": self.user,
            "volumes": list(self.volumes),
            "run_args": list(self.run_args),
        }
        return {name: value for name, value in options.items() if value}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
