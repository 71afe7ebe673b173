# SPDX-License-Identifier: Apache-2.0
"""Configuration of the ExampleGen components."""

from __future__ import annotations

from penstock.messages.enums import ProtoEnum
from penstock.messages.fields import Embedded, RepeatedMessages, Scalar
from penstock.messages.kinds import STRING, UINT32
from penstock.messages.message import Message
from penstock.messages.packed import AnyMessage


class PayloadFormat(ProtoEnum):
    """What one record of an Examples artifact is."""

    FORMAT_UNSPECIFIED = 0
    FORMAT_TF_EXAMPLE = 6
    FORMAT_TF_SEQUENCE_EXAMPLE = 7
    FORMAT_PROTO = 11
    FORMAT_PARQUET = 15


class FileFormat(ProtoEnum):
    """What kind of file an Examples artifact consists of."""

    FILE_FORMAT_UNSPECIFIED = 0
    FORMAT_TFRECORDS_GZIP = 5
    FILE_FORMAT_PARQUET = 16


class Input(Message, package="tfx.components.example_gen"):
    """Which files make up which split.

    Attributes:
        splits: One entry per input split.
    """

    class Split(Message, package="tfx.components.example_gen"):
        """The files of one split.

        Attributes:
            name: Name of the split, unique among the input's.
            pattern: Glob below the input's folder, with ``{SPAN}`` and ``{VERSION}``, or ``{YYYY}``, ``{MM}``,
                ``{DD}``; the query where the input is a database.
        """

        name: Scalar[str] = Scalar(STRING)
        pattern: Scalar[str] = Scalar(STRING)

    splits: RepeatedMessages[Split] = RepeatedMessages(Split)


class SplitConfig(Message, package="tfx.components.example_gen"):
    """How examples are divided into splits.

    Attributes:
        splits: One entry per output split, in the order in which buckets are dealt out.
        partition_feature_name: Feature by whose value the bucket is chosen, instead of the whole record.
    """

    class Split(Message, package="tfx.components.example_gen"):
        """One output split.

        Attributes:
            name: Name of the split.
            hash_buckets: How many of all splits' buckets it gets.
        """

        name: Scalar[str] = Scalar(STRING)
        hash_buckets: Scalar[int] = Scalar(UINT32)

    splits: RepeatedMessages[Split] = RepeatedMessages(Split)
    partition_feature_name: Scalar[str] = Scalar(STRING, oneof="splitting_method_config")


class Output(Message, package="tfx.components.example_gen"):
    """What an ExampleGen makes of its input.

    Attributes:
        split_config: How a single input split is divided; unset, the output's splits are the input's.
    """

    split_config: Embedded[SplitConfig] = Embedded(SplitConfig)


class CustomConfig(Message, package="tfx.components.example_gen"):
    """Configuration that only a custom executor understands.

    Attributes:
        custom_config: Any message, put in with ``Pack``.
    """

    custom_config: Embedded[AnyMessage] = Embedded(AnyMessage)
