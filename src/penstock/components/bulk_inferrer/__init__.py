# SPDX-License-Identifier: Apache-2.0
"""BulkInferrer: predicts whole sets of examples with one model."""
