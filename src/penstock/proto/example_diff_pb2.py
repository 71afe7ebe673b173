# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.example_diff_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.example_diff import ExampleDiffConfig as ExampleDiffConfig
from penstock.messages.example_diff import PairedExampleSkew as PairedExampleSkew
