# SPDX-License-Identifier: Apache-2.0
"""Slices in TFX's older spelling; the newer one is ``penstock.messages.evaluation.SlicingSpec``."""

from __future__ import annotations

from penstock.messages.fields import Repeated, RepeatedMessages
from penstock.messages.kinds import STRING
from penstock.messages.message import Message


class SingleSlicingSpec(Message, package="tfx.components.evaluator"):
    """One way of slicing the data.

    Attributes:
        column_for_slicing: Features whose combined values make the slices; none means the whole data.
    """

    column_for_slicing: Repeated[str] = Repeated(STRING)


class FeatureSlicingSpec(Message, package="tfx.components.evaluator"):
    """All ways of slicing the data.

    Attributes:
        specs: One entry per way.
    """

    specs: RepeatedMessages[SingleSlicingSpec] = RepeatedMessages(SingleSlicingSpec)
