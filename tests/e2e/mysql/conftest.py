# SPDX-License-Identifier: Apache-2.0
"""The server that holds the stores of these tests."""

from __future__ import annotations

from servers.fixtures import mariadb as mariadb
