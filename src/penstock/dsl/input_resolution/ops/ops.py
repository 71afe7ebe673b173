# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.ops.ops``: what resolver functions are made of."""

from __future__ import annotations

from penstock.graph.resolver_functions.operations import AllSpans as AllSpans
from penstock.graph.resolver_functions.operations import ConsecutiveSpans as ConsecutiveSpans
from penstock.graph.resolver_functions.operations import EqualPropertyValues as EqualPropertyValues
from penstock.graph.resolver_functions.operations import ExcludeSpans as ExcludeSpans
from penstock.graph.resolver_functions.operations import LatestCreateTime as LatestCreateTime
from penstock.graph.resolver_functions.operations import LatestPipelineRunOutputs as LatestPipelineRunOutputs
from penstock.graph.resolver_functions.operations import LatestSpan as LatestSpan
from penstock.graph.resolver_functions.operations import LatestVersion as LatestVersion
from penstock.graph.resolver_functions.operations import PairedSpans as PairedSpans
from penstock.graph.resolver_functions.operations import Shuffle as Shuffle
from penstock.graph.resolver_functions.operations import SkipIfEmpty as SkipIfEmpty
from penstock.graph.resolver_functions.operations import SkipIfLessThanNSpans as SkipIfLessThanNSpans
from penstock.graph.resolver_functions.operations import Slice as Slice
from penstock.graph.resolver_functions.operations import SlidingWindow as SlidingWindow
from penstock.graph.resolver_functions.operations import StaticSpanRange as StaticSpanRange
from penstock.graph.resolver_functions.operations import Unnest as Unnest
