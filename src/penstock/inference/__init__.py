# SPDX-License-Identifier: Apache-2.0
"""Inference in batches, in streams and through several models, on Beam's RunInference."""

from __future__ import annotations

from penstock.inference.spec import FilterStep as FilterStep
from penstock.inference.spec import FunctionStep as FunctionStep
from penstock.inference.spec import InferenceConfig as InferenceConfig
from penstock.inference.spec import InferenceGraph as InferenceGraph
from penstock.inference.spec import LookupStep as LookupStep
from penstock.inference.spec import ModelSettings as ModelSettings
from penstock.inference.spec import ModelStep as ModelStep
from penstock.inference.spec import SinkSpec as SinkSpec
from penstock.inference.spec import SourceSpec as SourceSpec
from penstock.inference.spec import SplitStep as SplitStep
from penstock.inference.spec import Step as Step
from penstock.inference.spec import VoteStep as VoteStep
