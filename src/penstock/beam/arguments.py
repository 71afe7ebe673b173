# SPDX-License-Identifier: Apache-2.0
"""What Beam arguments say about the runner. Imports no Beam."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from penstock.errors import ParameterError

IN_PROCESS_RUNNERS = frozenset({"fnapirunner", "directrunner"})
"""Names (lower case) that stand for the in-process runner. ``DirectRunner`` is one of them, because Beam's own would
first try to download and start another runner's binary."""


def runner_name(beam_pipeline_args: Sequence[str]) -> str | None:
    """Returns the runner that the arguments name, the last one if several do, or ``None``."""
    name = None
    for value in _values("--runner", beam_pipeline_args):
        name = value
    return name


def is_in_process(beam_pipeline_args: Sequence[str]) -> bool:
    """Says whether a pipeline with these arguments runs in this process; so it does where none names a runner."""
    name = runner_name(beam_pipeline_args)
    return name is None or name.rpartition(".")[2].lower() in IN_PROCESS_RUNNERS


def asks_for_workers(beam_pipeline_args: Sequence[str]) -> bool:
    """Says whether the arguments ask the in-process runner for threads or processes (``--direct_…``)."""
    modes = list(_values("--direct_running_mode", beam_pipeline_args))
    numbers = list(_values("--direct_num_workers", beam_pipeline_args))
    return any(mode != "in_memory" for mode in modes[-1:]) or any(number != "1" for number in numbers[-1:])


def number_of_workers(beam_pipeline_args: Sequence[str]) -> int:
    """Returns how many processes the arguments ask for on this machine; ``--direct_num_workers=0`` means one a core.

    Raises:
        ParameterError: It is no number.
    """
    numbers = list(_values("--direct_num_workers", beam_pipeline_args))
    if not numbers:
        return 1
    if not numbers[-1].isdecimal():
        raise ParameterError(
            "--direct_num_workers is not a number of processes",
            input="beam_pipeline_args",
            expected="0 (one a core), 1, 2 …",
            got=numbers[-1],
        )
    return int(numbers[-1]) or len(os.sched_getaffinity(0))


def without_runner(beam_pipeline_args: Sequence[str]) -> list[str]:
    """Returns the arguments without those that name a runner."""
    return _without(("--runner",), beam_pipeline_args)


def without_workers(beam_pipeline_args: Sequence[str]) -> list[str]:
    """Returns the arguments without those that ask the in-process runner for threads or processes."""
    return _without(("--direct_running_mode", "--direct_num_workers"), beam_pipeline_args)


def _without(flags: Sequence[str], arguments: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip_next = False
    for argument in arguments:
        if skip_next:
            skip_next = False
        elif argument in flags:
            skip_next = True
        elif argument.partition("=")[0] not in flags:
            kept.append(argument)
    return kept


def _values(flag: str, arguments: Sequence[str]) -> Iterator[str]:
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{flag}="):
            yield argument.partition("=")[2]
        elif argument == flag and index + 1 < len(arguments):
            yield arguments[index + 1]
