# SPDX-License-Identifier: Apache-2.0
"""Publisher of CsvExampleGen."""

from __future__ import annotations

from penstock.components.example_gen.publisher import FileBasedExampleGenPublisher


class CsvExampleGenPublisher(FileBasedExampleGenPublisher):
    """Records span, version, splits, fingerprint, formats, and rows and bytes by split."""
