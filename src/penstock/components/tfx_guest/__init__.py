# SPDX-License-Identifier: Apache-2.0
"""Components of an installed TFX, and of packages written for it, as nodes of a Penstock pipeline."""
