# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.distribution_validator_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.distribution_validator import (
    DistributionValidatorConfig as DistributionValidatorConfig,
)
from penstock.messages.distribution_validator import FeatureComparator as FeatureComparator
