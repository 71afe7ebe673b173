# SPDX-License-Identifier: Apache-2.0
"""Executors and drivers as TFX writes them: the base classes that users subclass, and what these are given."""
