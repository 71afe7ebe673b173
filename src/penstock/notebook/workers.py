# SPDX-License-Identifier: Apache-2.0
"""The processes in which a notebook's components run, kept from one component to the next.

Workers are forked from a parent that has imported the heavy libraries; in a notebook it waits for the next component,
so that TensorFlow is imported once and not for each cell. Another parent takes its place where a component needs one
of the slow libraries that it does not have, or where environment or module path have changed since it was started. What
else a component needs, its worker imports itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost

_Surroundings = tuple[Mapping[str, str], Sequence[str]]

_SLOW = ("tensorflow", "apache_beam", "torch")
_BRING: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "tensorflow_data_validation", "tensorflow_model_analysis", "tensorflow_transform", "tfx_bsl",
            "penstock.evaluation.tfma",
        ),
        ("tensorflow", "apache_beam"),
    ),
    **dict.fromkeys(("keras", "tf_keras"), ("tensorflow",)),
}  # fmt: skip
"""Modules that import slow libraries."""


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
        """Returns a host whose workers have modules loaded, the slow ones at any rate.

        Args:
            requires: The modules.
            environment: Variables that are set before any of them is imported.
        """
        if self._in_process:
            return InProcessHost()
        here: _Surroundings = (dict(os.environ), tuple(sys.path))
        if self._host is None or self._started_in != here or not _slow(requires) <= _slow(self._modules):
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


def _slow(modules: Sequence[str]) -> set[str]:
    """Returns the slow libraries that modules are, belong to or bring along."""
    found: set[str] = set()
    for module in modules:
        found.update(_BRING.get(module, ()))
        found.update(library for library in _SLOW if module.partition(".")[0] == library)
    return found
