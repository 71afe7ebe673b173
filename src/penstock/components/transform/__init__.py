# SPDX-License-Identifier: Apache-2.0
"""Transform: a user's ``preprocessing_fn``, analysed over the data and applied to it."""
