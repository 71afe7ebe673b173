# SPDX-License-Identifier: Apache-2.0
"""A stand-in for S3 that keeps its objects in memory: moto's server."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from servers.processes import MissingProgramError, Server

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def running_s3() -> Iterator[Server]:
    """Runs a server with the S3 interface in a thread; see :func:`environment` for how clients find it."""
    try:
        from moto.server import ThreadedMotoServer
    except ModuleNotFoundError as error:
        raise MissingProgramError(f"moto is not installed: {error}") from error
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Server(host, port, os.getpid())
    finally:
        server.stop()


def environment(server: Server) -> dict[str, str]:
    """Returns the environment variables by which S3 clients find the server."""
    return {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}"}
