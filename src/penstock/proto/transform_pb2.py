# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.transform_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.transform import SplitsConfig as SplitsConfig
