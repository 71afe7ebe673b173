# SPDX-License-Identifier: Apache-2.0
"""State of a run or of a node in it."""

from __future__ import annotations

from typing import ClassVar

from penstock.messages.enums import ProtoEnum
from penstock.messages.fields import Embedded, Enumeration, Scalar
from penstock.messages.kinds import INT32, INT64, STRING
from penstock.messages.message import Message


class RunState(Message, package="tfx.orchestration"):
    """State of a run or of a node in it.

    Attributes:
        state: The state.
        status_code: Code of the error, if there was one.
        status_msg: What happened, in words.
        update_time: When the state was reached, in milliseconds since 1970 (UTC).
    """

    class State(ProtoEnum):
        """What a run or a node is doing or did."""

        UNKNOWN = 0
        READY = 1
        RUNNING = 2
        COMPLETE = 3
        SKIPPED = 4
        STOPPED = 6
        FAILED = 7
        SKIPPED_PARTIAL_RUN = 8

    class StatusCodeValue(Message, package="tfx.orchestration"):
        """A code of ``google.rpc.Code``.

        Attributes:
            value: Its number.
        """

        value: Scalar[int] = Scalar(INT32)

    UNKNOWN: ClassVar[State] = State.UNKNOWN
    READY: ClassVar[State] = State.READY
    RUNNING: ClassVar[State] = State.RUNNING
    COMPLETE: ClassVar[State] = State.COMPLETE
    SKIPPED: ClassVar[State] = State.SKIPPED
    STOPPED: ClassVar[State] = State.STOPPED
    FAILED: ClassVar[State] = State.FAILED
    SKIPPED_PARTIAL_RUN: ClassVar[State] = State.SKIPPED_PARTIAL_RUN

    state: Enumeration[State] = Enumeration(State)
    status_code: Embedded[StatusCodeValue] = Embedded(StatusCodeValue)
    status_msg: Scalar[str] = Scalar(STRING)
    update_time: Scalar[int] = Scalar(INT64)
