# SPDX-License-Identifier: Apache-2.0
"""Tuner: its name and what ``tuner_fn`` returns; the component itself is not built yet."""
