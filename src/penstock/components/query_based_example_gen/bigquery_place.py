# SPDX-License-Identifier: Apache-2.0
"""What a URL of BigQuery names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from penstock.errors import ParameterError, did_you_mean

_OPTIONS = ("location", "priority", "maximum_bytes_billed")
_PRIORITIES = ("interactive", "batch")


@dataclass(frozen=True, slots=True)
class BigQueryPlace:
    """What ``bigquery://project/dataset?location=EU`` names.

    Attributes:
        project: Project that pays for the queries; ``None`` for that of the credentials.
        dataset: Dataset of tables that a query names without one.
        options: Location, priority and most bytes to pay for, where they are given.
    """

    project: str | None
    dataset: str | None
    options: dict[str, str]


def place_of(url: str, beam_pipeline_args: Sequence[str] = ()) -> BigQueryPlace:
    """Returns what a URL names.

    Raises:
        ParameterError: It has more parts, or options that there are not.
    """
    parts = urlsplit(url)
    dataset = parts.path.strip("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = next((name for name in options if name not in _OPTIONS), None)
    if "/" in dataset or unknown is not None:
        raise ParameterError(
            f"the URL of BigQuery has an option {unknown!r}"
            if unknown is not None
            else "the URL of BigQuery has too many parts",
            input=url,
            expected="bigquery://project/dataset?location=EU",
            hint=did_you_mean(unknown, _OPTIONS) if unknown is not None else None,
        )
    _check_values(url, options)
    by_beam = [
        argument[len("--project=") :] for argument in beam_pipeline_args if argument.startswith("--project=")
    ]
    return BigQueryPlace(parts.netloc or (by_beam[-1] if by_beam else None), dataset or None, options)


def _check_values(url: str, options: Mapping[str, str]) -> None:
    most, priority = options.get("maximum_bytes_billed", "1"), options.get("priority", "batch")
    if not most.isdecimal():
        raise ParameterError(
            "maximum_bytes_billed is no number of bytes",
            input=url,
            expected="maximum_bytes_billed=1000000000",
            got=repr(most),
        )
    if priority.lower() not in _PRIORITIES:
        raise ParameterError(
            "BigQuery has no such priority",
            input=url,
            expected=" or ".join(f"priority={known}" for known in _PRIORITIES),
            got=repr(priority),
            hint=did_you_mean(priority, _PRIORITIES),
        )
