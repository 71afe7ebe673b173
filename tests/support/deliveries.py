# SPDX-License-Identifier: Apache-2.0
"""Delivers result files to a database from a process of its own, to be killed: ``URL TABLE KEY TOKEN FILE…``."""

from __future__ import annotations

import sys

from penstock.inference.sinks import deliver
from penstock.inference.spec import SinkSpec

if __name__ == "__main__":
    url, table, key, token, *files = sys.argv[1:]
    spec = SinkSpec(url=url, table=table, key=(key,) if key else ())
    sys.stdout.write("started\n")
    sys.stdout.flush()
    deliver(spec, files, project_root=".", run_token=token)
