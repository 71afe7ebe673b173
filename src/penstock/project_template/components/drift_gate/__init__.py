# SPDX-License-Identifier: Apache-2.0
"""A gate between spans: compares the statistics of new data with those of the newest earlier span."""

from components.drift_gate.component import DriftGate as DriftGate
from components.drift_gate.component import DriftReport as DriftReport
