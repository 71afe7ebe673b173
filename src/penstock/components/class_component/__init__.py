# SPDX-License-Identifier: Apache-2.0
"""Roles of components that are written as TFX writes them: around the user's ``DRIVER_CLASS`` and executor class."""
