# SPDX-License-Identifier: Apache-2.0
"""Warnings that Penstock logs while an executor works: for the log, and for whoever has started the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Teller(logging.Handler):
    def __init__(self, report: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        """Reports the text of a warning, and writes it where it would have gone without this handler."""
        self._report(warning=record.getMessage())
        if not logging.getLogger().handlers and logging.lastResort is not None:
            logging.lastResort.handle(record)


@contextmanager
def warnings_told(report: Callable[..., None]) -> Iterator[None]:
    """Calls ``report(warning=text)`` for every warning of Penstock's own inside the block.

    Args:
        report: Takes the text.
    """
    logger = logging.getLogger("penstock")
    teller = _Teller(report)
    logger.addHandler(teller)
    try:
        yield
    finally:
        logger.removeHandler(teller)
