# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.evaluator_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.evaluator import FeatureSlicingSpec as FeatureSlicingSpec
from penstock.messages.evaluator import SingleSlicingSpec as SingleSlicingSpec
