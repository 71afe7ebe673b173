# SPDX-License-Identifier: Apache-2.0
"""Which spans are taken."""

from __future__ import annotations

from penstock.messages.fields import Embedded, Scalar
from penstock.messages.kinds import INT32
from penstock.messages.message import Message


class StaticRange(Message, package="tfx.configs"):
    """Spans from one number to another.

    Attributes:
        start_span_number: The first span, inclusive.
        end_span_number: The last span, inclusive.
    """

    start_span_number: Scalar[int] = Scalar(INT32)
    end_span_number: Scalar[int] = Scalar(INT32)


class RollingRange(Message, package="tfx.configs"):
    """The latest spans.

    Attributes:
        start_span_number: The lowest span that may be taken, inclusive.
        num_spans: How many spans are taken, counted back from the latest.
    """

    start_span_number: Scalar[int] = Scalar(INT32)
    num_spans: Scalar[int] = Scalar(INT32)


class RangeConfig(Message, package="tfx.configs"):
    """Either a static or a rolling range.

    Attributes:
        static_range: Spans by number.
        rolling_range: The latest spans.
    """

    static_range: Embedded[StaticRange] = Embedded(StaticRange, oneof="range")
    rolling_range: Embedded[RollingRange] = Embedded(RollingRange, oneof="range")
