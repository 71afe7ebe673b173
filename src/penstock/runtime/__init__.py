# SPDX-License-Identifier: Apache-2.0
"""Runs one node of one run: roles, launcher, cache, user code, worker processes."""
