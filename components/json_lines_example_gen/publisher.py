# SPDX-License-Identifier: Apache-2.0
"""Publisher of JsonLinesExampleGen."""

from __future__ import annotations

import dataclasses

from components.json_lines_example_gen.component import JsonLinesExampleGenWork
from penstock.authoring import Record
from penstock.data import ExampleGenResult, FileBasedExampleGenPublisher


class JsonLinesExampleGenPublisher(FileBasedExampleGenPublisher):
    """Records what every ExampleGen does, and says in the run's table how many files and features there were."""

    def describe(self, work: JsonLinesExampleGenWork, result: ExampleGenResult) -> Record:
        record = super().describe(work, result)
        files = work.plan.source.num_files
        summary = f"{result.features} features from {files} {'file' if files == 1 else 'files'}"
        return dataclasses.replace(record, summary=summary)
