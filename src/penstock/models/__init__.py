# SPDX-License-Identifier: Apache-2.0
"""Saved models of any framework: what they are, what they take and give, and one way to predict with them."""

from __future__ import annotations

from penstock.models.flavor import Flavor as Flavor
from penstock.models.flavor import FlavorName as FlavorName
from penstock.models.flavor import LoadOptions as LoadOptions
from penstock.models.flavor import Predictor as Predictor
from penstock.models.registry import describe as describe
from penstock.models.registry import load as load
from penstock.models.registry import recognise as recognise
from penstock.models.saving import save as save
from penstock.models.signature import DEFAULT_SIGNATURE as DEFAULT_SIGNATURE
from penstock.models.signature import ModelInfo as ModelInfo
from penstock.models.signature import Signature as Signature
from penstock.models.signature import TensorSpec as TensorSpec
