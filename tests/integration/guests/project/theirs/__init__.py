# SPDX-License-Identifier: Apache-2.0
"""A package that someone has written for TFX."""
