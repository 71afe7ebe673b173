# SPDX-License-Identifier: Apache-2.0
"""Runners: what walks through a pipeline and launches its nodes."""
