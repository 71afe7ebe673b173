# SPDX-License-Identifier: Apache-2.0
"""The data plane: examples as Arrow record batches, stored as Parquet or as TFRecord of tf.Example.

In memory a batch has one of two layouts. The *table layout* is what is stored: a plain nullable column for a
feature with at most one value a row, a list column for any other. The *example layout* is what TFDV, TFT and TFMA
take: every column a ``large_list`` of ``int64``, ``float`` or ``large_binary``, a null row where the feature is
missing.

Light modules, fit for drivers: ``kinds``, ``payload``, ``spans``, ``source_files``, ``splits``. The others load
pyarrow, and TensorFlow or tfx-bsl only where TFRecord or ``tf.data`` is asked for.
"""
