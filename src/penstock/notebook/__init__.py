# SPDX-License-Identifier: Apache-2.0
"""Pipelines in notebooks: one component at a time, through the compiler and the launcher that every runner uses."""
