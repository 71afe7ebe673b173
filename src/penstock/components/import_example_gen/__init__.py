# SPDX-License-Identifier: Apache-2.0
"""ImportExampleGen: examples from TFRecord or Parquet files."""
