# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.example_gen_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.example_gen import CustomConfig as CustomConfig
from penstock.messages.example_gen import FileFormat as FileFormat
from penstock.messages.example_gen import Input as Input
from penstock.messages.example_gen import Output as Output
from penstock.messages.example_gen import PayloadFormat as PayloadFormat
from penstock.messages.example_gen import SplitConfig as SplitConfig

FILE_FORMAT_UNSPECIFIED = FileFormat.FILE_FORMAT_UNSPECIFIED
FORMAT_TFRECORDS_GZIP = FileFormat.FORMAT_TFRECORDS_GZIP
FILE_FORMAT_PARQUET = FileFormat.FILE_FORMAT_PARQUET
FORMAT_UNSPECIFIED = PayloadFormat.FORMAT_UNSPECIFIED
FORMAT_TF_EXAMPLE = PayloadFormat.FORMAT_TF_EXAMPLE
FORMAT_TF_SEQUENCE_EXAMPLE = PayloadFormat.FORMAT_TF_SEQUENCE_EXAMPLE
FORMAT_PROTO = PayloadFormat.FORMAT_PROTO
FORMAT_PARQUET = PayloadFormat.FORMAT_PARQUET
