# SPDX-License-Identifier: Apache-2.0
"""Configuration of ExampleDiff."""

from __future__ import annotations

from penstock.messages.fields import Embedded, Repeated, RepeatedMessages, Scalar
from penstock.messages.kinds import BOOL, STRING, UINT32
from penstock.messages.message import Message


class PairedExampleSkew(Message, package="tfx.components.example_diff"):
    """How two sets of examples are compared pair by pair.

    Attributes:
        identifier_features: Features whose values say which examples belong together.
        skew_sample_size: How many pairs that differ are kept.
        ignore_features: Features that are not compared.
        float_round_ndigits: Digits after the decimal point to which floats are rounded before they are compared.
        allow_duplicate_identifiers: Whether examples whose identifier comes more than once are compared.
        confusion_config: Features for which pairs of values are counted.
    """

    class ConfusionConfig(Message, package="tfx.components.example_diff"):
        """One feature for which pairs of values are counted.

        Attributes:
            feature_name: Its name.
        """

        feature_name: Scalar[str] = Scalar(STRING)

    identifier_features: Repeated[str] = Repeated(STRING)
    skew_sample_size: Scalar[int] = Scalar(UINT32)
    ignore_features: Repeated[str] = Repeated(STRING)
    float_round_ndigits: Scalar[int] = Scalar(UINT32)
    allow_duplicate_identifiers: Scalar[bool] = Scalar(BOOL)
    confusion_config: RepeatedMessages[ConfusionConfig] = RepeatedMessages(ConfusionConfig)


class ExampleDiffConfig(Message, package="tfx.components.example_diff"):
    """What ExampleDiff computes.

    Attributes:
        paired_example_skew: Differences between pairs of examples.
    """

    paired_example_skew: Embedded[PairedExampleSkew] = Embedded(PairedExampleSkew)
