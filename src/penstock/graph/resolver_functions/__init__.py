# SPDX-License-Identifier: Apache-2.0
"""Resolver functions: artifacts chosen by span, version, property or age, while the pipeline runs.

A call such as ``rolling_range(artifact_query(Examples), num_spans=3)`` is traced to an expression of operations (plain
JSON), carried by an implicit Resolver node, and evaluated in the run over lists of artifacts.
"""
