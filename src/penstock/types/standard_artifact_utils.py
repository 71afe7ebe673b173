# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.standard_artifact_utils``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.lookup import decode_split_names as decode_split_names
from penstock.artifacts.lookup import encode_split_names as encode_split_names
from penstock.artifacts.lookup import get_split_uri as get_split_uri
from penstock.artifacts.lookup import get_split_uris as get_split_uris
from penstock.artifacts.lookup import is_artifact_version_older_than as is_artifact_version_older_than
