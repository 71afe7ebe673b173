# SPDX-License-Identifier: Apache-2.0
"""TFX's ``notebook_extensions``: what ``%load_ext`` loads."""
