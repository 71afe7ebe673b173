# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.pusher_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.pusher import PushDestination as PushDestination
from penstock.messages.pusher import Versioning as Versioning

AUTO = Versioning.AUTO
UNIX_TIMESTAMP = Versioning.UNIX_TIMESTAMP
