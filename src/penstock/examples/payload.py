# SPDX-License-Identifier: Apache-2.0
"""What an Examples artifact says about its files, in TFX's property names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ExamplesFormat = Literal["parquet", "tfrecord"]

PAYLOAD_FORMAT = "payload_format"
FILE_FORMAT = "file_format"
SPAN = "span"
VERSION = "version"
INPUT_FINGERPRINT = "input_fingerprint"
INPUT_FILES = "input_files"
SPLIT_ALGORITHM = "split_algorithm"


@dataclass(frozen=True, slots=True)
class Payload:
    """One way of storing examples.

    Attributes:
        payload_format: Value of the artifact's property ``payload_format``.
        file_format: Value of the artifact's property ``file_format``.
        suffix: How the files' names end.
        file_prefix: How the files' names begin unless a writer says otherwise.
    """

    payload_format: str
    file_format: str
    suffix: str
    file_prefix: str

    def properties(self) -> dict[str, str]:
        """Returns the two custom properties of an Examples artifact."""
        return {PAYLOAD_FORMAT: self.payload_format, FILE_FORMAT: self.file_format}


PAYLOADS: Mapping[ExamplesFormat, Payload] = {
    "parquet": Payload("FORMAT_PARQUET", "parquet", ".parquet", "data"),
    "tfrecord": Payload("FORMAT_TF_EXAMPLE", "tfrecords_gzip", ".gz", "data_tfrecord"),
}
