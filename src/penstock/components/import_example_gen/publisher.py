# SPDX-License-Identifier: Apache-2.0
"""Publisher of ImportExampleGen."""

from __future__ import annotations

from penstock.components.example_gen.publisher import FileBasedExampleGenPublisher


class ImportExampleGenPublisher(FileBasedExampleGenPublisher):
    """Records span, version, splits, fingerprint, formats, and rows and bytes by split."""
