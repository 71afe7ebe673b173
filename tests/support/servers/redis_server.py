# SPDX-License-Identifier: Apache-2.0
"""A Redis server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from servers.processes import Server, data_folder, free_port, program, started


@contextmanager
def running_redis(port: int | None = None) -> Iterator[Server]:
    """Runs a Redis server that keeps nothing on disk.

    Args:
        port: Port to listen on, so that a server can come back where another was; a free one where it is not given.
    """
    import redis

    serve, port = program("redis-server"), port or free_port()
    with data_folder("redis", None) as folder:
        command = [serve, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
        client = redis.Redis(host="127.0.0.1", port=port)
        try:
            with started([*command, "--save", ""], user=None, cwd=folder, ready=client.ping) as pid:
                yield Server("127.0.0.1", port, pid)
        finally:
            client.close()
