# SPDX-License-Identifier: Apache-2.0
"""Containers as components: any program in an image, with artifacts and parameters in its command line."""
