# SPDX-License-Identifier: Apache-2.0
"""Marks the root of a project whose components were written for TFX."""

from setuptools import setup

setup(name="guests")
