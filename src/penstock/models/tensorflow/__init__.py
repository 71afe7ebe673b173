# SPDX-License-Identifier: Apache-2.0
"""The tensorflow flavor: SavedModels, described without TensorFlow and loaded with it."""
