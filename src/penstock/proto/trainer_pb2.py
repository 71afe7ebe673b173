# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.trainer_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.trainer import EvalArgs as EvalArgs
from penstock.messages.trainer import TrainArgs as TrainArgs
