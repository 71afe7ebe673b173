# SPDX-License-Identifier: Apache-2.0
"""The parts of TensorFlow Metadata's schema that configurations refer to: paths of features and comparators."""

from __future__ import annotations

from penstock.messages.enums import ProtoEnum
from penstock.messages.fields import Embedded, Enumeration, Repeated, Scalar
from penstock.messages.kinds import DOUBLE, STRING
from penstock.messages.message import Message


class Path(Message, package="tensorflow.metadata.v0"):
    """Path of a feature.

    Attributes:
        step: The feature's name; more than one step where features are nested.
    """

    step: Repeated[str] = Repeated(STRING)


class HistogramSelection(Message, package="tensorflow.metadata.v0"):
    """Which of a feature's histograms is compared.

    Attributes:
        type: Kind of histogram.
    """

    class Type(ProtoEnum):
        """Kind of histogram."""

        DEFAULT = 0
        QUANTILES = 1
        STANDARD = 2

    type: Enumeration[Type] = Enumeration(Type, presence=True)


class InfinityNorm(Message, package="tensorflow.metadata.v0"):
    """The largest difference between the shares of one value.

    Attributes:
        threshold: Above it there is an anomaly.
    """

    threshold: Scalar[float] = Scalar(DOUBLE, presence=True)


class JensenShannonDivergence(Message, package="tensorflow.metadata.v0"):
    """The Jensen-Shannon divergence of two distributions.

    Attributes:
        threshold: Above it there is an anomaly.
        source: Which histogram is compared.
    """

    threshold: Scalar[float] = Scalar(DOUBLE, presence=True)
    source: Embedded[HistogramSelection] = Embedded(HistogramSelection)


class NormalizedAbsoluteDifference(Message, package="tensorflow.metadata.v0"):
    """The sum of all differences of counts, normalized.

    Attributes:
        threshold: Above it there is an anomaly.
    """

    threshold: Scalar[float] = Scalar(DOUBLE, presence=True)


class FeatureComparator(Message, package="tensorflow.metadata.v0"):
    """How two distributions of a feature are compared.

    Attributes:
        infinity_norm: By the largest difference; for categories.
        jensen_shannon_divergence: By divergence; for numbers and categories.
        normalized_abs_difference: By the sum of differences.
    """

    infinity_norm: Embedded[InfinityNorm] = Embedded(InfinityNorm)
    jensen_shannon_divergence: Embedded[JensenShannonDivergence] = Embedded(JensenShannonDivergence)
    normalized_abs_difference: Embedded[NormalizedAbsoluteDifference] = Embedded(NormalizedAbsoluteDifference)


class NumericValueComparator(Message, package="tensorflow.metadata.v0"):
    """How two numbers are compared, as the fraction of the new by the old one.

    Attributes:
        min_fraction_threshold: Below it there is an anomaly.
        max_fraction_threshold: Above it there is an anomaly.
    """

    min_fraction_threshold: Scalar[float] = Scalar(DOUBLE, presence=True)
    max_fraction_threshold: Scalar[float] = Scalar(DOUBLE, presence=True)
