# SPDX-License-Identifier: Apache-2.0
"""Trainer: runs the user's ``run_fn``, which trains a model of any framework and saves it."""
