# SPDX-License-Identifier: Apache-2.0
"""Publisher of PictureFolder."""

from __future__ import annotations

from components.picture_folder.component import (
    PictureFolderInputs,
    PictureFolderOutputs,
    PictureFolderParameters,
    PictureFolderResult,
    PictureFolderWork,
)
from penstock.authoring import ArtifactRecord, Publisher, Record


class PictureFolderPublisher(
    Publisher[PictureFolderInputs, PictureFolderOutputs, PictureFolderParameters, None, PictureFolderResult]
):
    """Records how many pictures there are, and says in the run's table where they are."""

    def describe(self, work: PictureFolderWork, result: PictureFolderResult) -> Record:
        properties = {"pictures": result.pictures, "bytes": result.size_bytes}
        return Record(
            artifacts={"pictures": [ArtifactRecord(custom_properties=properties)]},
            rows=result.pictures,
            summary=f"pictures in {work.outputs.pictures.uri}",
        )
