# SPDX-License-Identifier: Apache-2.0
"""The processes in which a notebook's components run, kept from one component to the next.

Workers are forked from a parent that has imported the heavy libraries; in a notebook it waits for the next component,
so that TensorFlow is imported once and not for each cell. Another parent takes its place where a component needs
libraries that it does not have, or where environment or module path have changed since it was started.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost

_Surroundings = tuple[Mapping[str, str], Sequence[str]]


class Workers:
    """Gives the host on which a component runs.

    Args:
        in_process: Whether components run in the notebook's own process, where a debugger can follow them.
    """

    def __init__(self, *, in_process: bool = False) -> None:
        self._in_process = in_process
        self._host: ExecutorHost | None = None
        self._modules: tuple[str, ...] = ()
        self._started_in: _Surroundings | None = None

    def host(self, requires: Sequence[str], environment: Mapping[str, str]) -> ExecutorHost:
        """Returns a host whose workers have modules loaded.

        Args:
            requires: The modules.
            environment: Variables that are set before any of them is imported.
        """
        if self._in_process:
            return InProcessHost()
        here: _Surroundings = (dict(os.environ), tuple(sys.path))
        if self._host is None or self._started_in != here or not set(requires) <= set(self._modules):
            self.close()
            modules = tuple(dict.fromkeys([*self._modules, *requires]))
            self._host = ForkServerHost(lambda: [modules], environment)
            self._modules, self._started_in = modules, here
        return self._host

    def close(self) -> None:
        """Ends the processes; the next component starts new ones."""
        if self._host is not None:
            self._host.close()
            self._host = None
