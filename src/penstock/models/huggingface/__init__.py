# SPDX-License-Identifier: Apache-2.0
"""The flavor ``huggingface``: folders as ``save_pretrained`` writes them, read from there alone, never from a hub.

With a tokenizer (or an image processor) beside it, a model is run as a pipeline: it takes a text (or an encoded image)
a row, and gives the columns that ``penstock.models.huggingface.tasks`` names for its task. Without one, it takes
tensors by the names of its ``forward``'s arguments, and gives tensors.
"""
