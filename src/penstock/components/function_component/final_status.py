# SPDX-License-Identifier: Apache-2.0
"""What an exit handler is given in the place of a value that is known only when the run has ended."""

from __future__ import annotations


class FinalStatusStr(str):
    """Stands for how the run has ended: the exit handler's function gets it as JSON text.

    ::

        handler = notify(final_status=FinalStatusStr())
    """

    __slots__ = ()
