# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.tuner_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.tuner import TuneArgs as TuneArgs
