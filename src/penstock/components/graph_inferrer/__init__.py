# SPDX-License-Identifier: Apache-2.0
"""GraphInferrer: predicts rows with a graph of models."""
