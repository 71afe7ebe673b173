# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.bulk_inferrer_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.bulk_inferrer import ClassifyOutput as ClassifyOutput
from penstock.messages.bulk_inferrer import DataSpec as DataSpec
from penstock.messages.bulk_inferrer import ModelSpec as ModelSpec
from penstock.messages.bulk_inferrer import OutputColumnsSpec as OutputColumnsSpec
from penstock.messages.bulk_inferrer import OutputExampleSpec as OutputExampleSpec
from penstock.messages.bulk_inferrer import PredictOutput as PredictOutput
from penstock.messages.bulk_inferrer import PredictOutputCol as PredictOutputCol
from penstock.messages.bulk_inferrer import RegressOutput as RegressOutput
