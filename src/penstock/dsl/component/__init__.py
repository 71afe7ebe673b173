# SPDX-License-Identifier: Apache-2.0
"""TFX's older paths of what containers as components are written with."""
