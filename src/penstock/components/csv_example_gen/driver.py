# SPDX-License-Identifier: Apache-2.0
"""Driver of CsvExampleGen: which files, which span, and what is in them."""

from __future__ import annotations

from penstock.components.example_gen.driver import FileBasedExampleGenDriver


class CsvExampleGenDriver(FileBasedExampleGenDriver):
    """Finds the CSV files of the wanted span, takes their fingerprint, and settles the splits."""
