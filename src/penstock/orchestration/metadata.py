# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration.metadata``: connections of metadata stores."""

from __future__ import annotations

from penstock.metadata.config import ConnectionConfigType as ConnectionConfigType
from penstock.metadata.config import mysql_metadata_connection_config as mysql_metadata_connection_config
from penstock.metadata.config import sqlite_metadata_connection_config as sqlite_metadata_connection_config
