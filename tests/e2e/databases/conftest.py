# SPDX-License-Identifier: Apache-2.0
"""The servers that pipelines of these tests read."""

from __future__ import annotations

from servers.fixtures import mariadb as mariadb
from servers.fixtures import mariadb_url as mariadb_url
