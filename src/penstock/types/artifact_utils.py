# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.artifact_utils``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.lookup import decode_split_names as decode_split_names
from penstock.artifacts.lookup import encode_split_names as encode_split_names
from penstock.artifacts.lookup import get_single_instance as get_single_instance
from penstock.artifacts.lookup import get_single_uri as get_single_uri
from penstock.artifacts.lookup import get_split_uri as get_split_uri
from penstock.artifacts.lookup import get_split_uris as get_split_uris
from penstock.artifacts.lookup import is_artifact_version_older_than as is_artifact_version_older_than
from penstock.artifacts.lookup import jsonify_artifact_dict as jsonify_artifact_dict
from penstock.artifacts.lookup import parse_artifact_dict as parse_artifact_dict
from penstock.artifacts.lookup import replicate_artifacts as replicate_artifacts
from penstock.artifacts.lookup import verify_artifacts as verify_artifacts
