# SPDX-License-Identifier: Apache-2.0
"""Arguments of Tuner."""

from __future__ import annotations

from penstock.messages.fields import Scalar
from penstock.messages.kinds import INT32
from penstock.messages.message import Message


class TuneArgs(Message, package="tfx.components.tuner"):
    """How a search for hyperparameters runs.

    Attributes:
        num_parallel_trials: How many trials run at the same time.
    """

    num_parallel_trials: Scalar[int] = Scalar(INT32)
