# SPDX-License-Identifier: Apache-2.0
"""How a runner of TFX answers that Penstock has no equal of yet."""

from __future__ import annotations

from typing import NoReturn

from penstock.errors import UsageError


def no_runner(runner: str, meanwhile: str) -> NoReturn:
    """Refuses to make a runner.

    Args:
        runner: Its name.
        meanwhile: What to use until there is one.

    Raises:
        UsageError: Always.
    """
    raise UsageError(f"{runner} cannot be used: it is not built yet", hint=meanwhile)
