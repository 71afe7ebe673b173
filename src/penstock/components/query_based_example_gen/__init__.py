# SPDX-License-Identifier: Apache-2.0
"""QueryBasedExampleGen: examples from the rows that queries give, of SQL databases and of BigQuery."""
