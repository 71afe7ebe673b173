# SPDX-License-Identifier: Apache-2.0
"""CsvExampleGen: examples from CSV files."""
