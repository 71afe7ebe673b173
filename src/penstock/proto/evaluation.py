# SPDX-License-Identifier: Apache-2.0
"""TFMA's evaluation configuration: what ``tfma.EvalConfig`` and its parts are, without TensorFlow."""

from __future__ import annotations

from penstock.messages.evaluation import AggregationOptions as AggregationOptions
from penstock.messages.evaluation import BinarizationOptions as BinarizationOptions
from penstock.messages.evaluation import ConfidenceIntervalOptions as ConfidenceIntervalOptions
from penstock.messages.evaluation import CrossSliceMetricThreshold as CrossSliceMetricThreshold
from penstock.messages.evaluation import CrossSliceMetricThresholds as CrossSliceMetricThresholds
from penstock.messages.evaluation import CrossSlicingSpec as CrossSlicingSpec
from penstock.messages.evaluation import EvalConfig as EvalConfig
from penstock.messages.evaluation import ExampleWeightOptions as ExampleWeightOptions
from penstock.messages.evaluation import GenericChangeThreshold as GenericChangeThreshold
from penstock.messages.evaluation import GenericValueThreshold as GenericValueThreshold
from penstock.messages.evaluation import MetricConfig as MetricConfig
from penstock.messages.evaluation import MetricDirection as MetricDirection
from penstock.messages.evaluation import MetricsSpec as MetricsSpec
from penstock.messages.evaluation import MetricThreshold as MetricThreshold
from penstock.messages.evaluation import ModelSpec as ModelSpec
from penstock.messages.evaluation import Options as Options
from penstock.messages.evaluation import PaddingOptions as PaddingOptions
from penstock.messages.evaluation import PerSliceMetricThreshold as PerSliceMetricThreshold
from penstock.messages.evaluation import PerSliceMetricThresholds as PerSliceMetricThresholds
from penstock.messages.evaluation import RepeatedInt32Value as RepeatedInt32Value
from penstock.messages.evaluation import RepeatedStringValue as RepeatedStringValue
from penstock.messages.evaluation import SlicingSpec as SlicingSpec
