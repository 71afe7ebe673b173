# SPDX-License-Identifier: Apache-2.0
"""Driver of ImportExampleGen: which files, which span, and what is in them."""

from __future__ import annotations

from penstock.components.example_gen.driver import FileBasedExampleGenDriver


class ImportExampleGenDriver(FileBasedExampleGenDriver):
    """Finds the files of the wanted span, takes their fingerprint, and settles the splits."""
