# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.canned_resolver_functions``: resolver functions that come ready."""

from __future__ import annotations

from penstock.graph.resolver_functions.canned import all_spans as all_spans
from penstock.graph.resolver_functions.canned import (
    filter_custom_property_equal as filter_custom_property_equal,
)
from penstock.graph.resolver_functions.canned import filter_property_equal as filter_property_equal
from penstock.graph.resolver_functions.canned import latest_created as latest_created
from penstock.graph.resolver_functions.canned import (
    latest_pipeline_run_outputs as latest_pipeline_run_outputs,
)
from penstock.graph.resolver_functions.canned import latest_version as latest_version
from penstock.graph.resolver_functions.canned import paired_spans as paired_spans
from penstock.graph.resolver_functions.canned import pick as pick
from penstock.graph.resolver_functions.canned import rolling_range as rolling_range
from penstock.graph.resolver_functions.canned import sequential_rolling_range as sequential_rolling_range
from penstock.graph.resolver_functions.canned import shuffle as shuffle
from penstock.graph.resolver_functions.canned import slice as slice
from penstock.graph.resolver_functions.canned import sliding_window as sliding_window
from penstock.graph.resolver_functions.canned import static_range as static_range
