# SPDX-License-Identifier: Apache-2.0
"""Servers that tests of inference write to and read from."""

from __future__ import annotations

from servers.fixtures import bucket as bucket
from servers.fixtures import mariadb as mariadb
from servers.fixtures import mariadb_url as mariadb_url
from servers.fixtures import postgres as postgres
from servers.fixtures import postgres_url as postgres_url
from servers.fixtures import redis_server as redis_server
from servers.fixtures import s3_server as s3_server
