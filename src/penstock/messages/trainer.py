# SPDX-License-Identifier: Apache-2.0
"""Arguments of training and evaluation inside Trainer and Tuner."""

from __future__ import annotations

from penstock.messages.fields import Repeated, Scalar
from penstock.messages.kinds import INT32, STRING
from penstock.messages.message import Message


class TrainArgs(Message, package="tfx.components.trainer"):
    """What to train on, and for how long.

    Attributes:
        splits: Splits to train on; ``train`` where none is given.
        num_steps: Number of steps; 0 leaves it to the user's code.
    """

    splits: Repeated[str] = Repeated(STRING)
    num_steps: Scalar[int] = Scalar(INT32)


class EvalArgs(Message, package="tfx.components.trainer"):
    """What to evaluate on during training, and for how long.

    Attributes:
        splits: Splits to evaluate on; ``eval`` where none is given.
        num_steps: Number of steps; 0 leaves it to the user's code.
    """

    splits: Repeated[str] = Repeated(STRING)
    num_steps: Scalar[int] = Scalar(INT32)
