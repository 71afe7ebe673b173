# SPDX-License-Identifier: Apache-2.0
"""Declaration of PictureFolder."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.authoring import Artifact, BaseComponent, Channel, Work
from penstock.types.standard_artifacts import InferenceResult


class Pictures(Artifact):
    """A folder of picture files."""

    TYPE_NAME = "Pictures"


@dataclass(frozen=True, slots=True)
class PictureFolderInputs:
    """What PictureFolder reads."""

    inference_result: InferenceResult


@dataclass(frozen=True, slots=True)
class PictureFolderOutputs:
    """What PictureFolder makes."""

    pictures: Pictures


@dataclass(frozen=True, slots=True)
class PictureFolderParameters:
    """Parameters of PictureFolder; ``PictureFolder`` explains them."""

    picture: str = "annotated"
    name: str = "file"


@dataclass(frozen=True, slots=True)
class PictureFolderResult:
    """What the executor reports.

    Attributes:
        pictures: Number of files.
        size_bytes: Bytes of all of them.
    """

    pictures: int
    size_bytes: int


PictureFolderWork = Work[PictureFolderInputs, PictureFolderOutputs, PictureFolderParameters, None]


class PictureFolder(BaseComponent):
    """Writes one column of inference results as picture files, a file a row.

    Args:
        inference_result: Results of BulkInferrer or GraphInferrer, as Parquet.
        picture: Column with the pictures' bytes, PNG files for instance. A row without one makes no file.
        name: Column with paths or URIs; a file is called as its last part.
    """

    Inputs = PictureFolderInputs
    Outputs = PictureFolderOutputs
    Parameters = PictureFolderParameters
    Result = PictureFolderResult
    EXECUTOR = "components.picture_folder.executor:PictureFolderExecutor"
    PUBLISHER = "components.picture_folder.publisher:PictureFolderPublisher"
    REQUIRES = ("pyarrow.parquet",)

    def __init__(self, inference_result: Channel, picture: str = "annotated", name: str = "file") -> None:
        super().__init__(
            inputs={"inference_result": inference_result}, parameters={"picture": picture, "name": name}
        )
