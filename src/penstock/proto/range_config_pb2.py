# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.range_config_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.range_config import RangeConfig as RangeConfig
from penstock.messages.range_config import RollingRange as RollingRange
from penstock.messages.range_config import StaticRange as StaticRange
