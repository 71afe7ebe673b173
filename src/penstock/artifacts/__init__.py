# SPDX-License-Identifier: Apache-2.0
"""Artifact types: what flows along a pipeline's channels."""
