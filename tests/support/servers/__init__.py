# SPDX-License-Identifier: Apache-2.0
"""Real servers for tests: on loopback, on a free port, with a data folder of their own, ended by their process id."""

from __future__ import annotations

from servers.containers import running_docker as running_docker
from servers.containers import running_podman as running_podman
from servers.mariadb import Mariadb as Mariadb
from servers.mariadb import restartable_mariadb as restartable_mariadb
from servers.mariadb import running_mariadb as running_mariadb
from servers.postgres import running_postgres as running_postgres
from servers.processes import MissingProgramError as MissingProgramError
from servers.processes import Server as Server
from servers.redis_server import running_redis as running_redis
from servers.s3 import running_s3 as running_s3
