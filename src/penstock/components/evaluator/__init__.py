# SPDX-License-Identifier: Apache-2.0
"""Evaluator: how good a model is, whether it is good enough, and whether it is better than the one before."""
