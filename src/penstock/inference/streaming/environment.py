# SPDX-License-Identifier: Apache-2.0
"""Environment variables in the addresses of servers, so that no password stands in a configuration."""

from __future__ import annotations

import os
import re

from penstock.errors import ParameterError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def expanded(text: str, name: str) -> str:
    """Returns a text in which ``${NAME}`` is replaced by that environment variable.

    Args:
        text: The text.
        name: Setting that it is the value of.

    Raises:
        ParameterError: A variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ParameterError(
                f"the environment variable {match[1]!r} is not set",
                input=name,
                hint="set it where the command is started",
            )
        return found

    return _VARIABLE.sub(value, text)
