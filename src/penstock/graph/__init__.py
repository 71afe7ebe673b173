# SPDX-License-Identifier: Apache-2.0
"""The pipeline model: channels, nodes, components, pipelines, and the compiler to the IR."""
