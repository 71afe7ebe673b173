# SPDX-License-Identifier: Apache-2.0
"""What must be there before rows can be written to BigQuery. Imports no Beam."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.errors import DependencyError, ParameterError


def check_library() -> None:
    """Refuses where Google's libraries are not installed.

    Raises:
        DependencyError: They are not.
    """
    try:
        found = importlib.util.find_spec("google.cloud.bigquery") is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise DependencyError(
            "BigQuery needs Beam with Google's libraries", hint="pip install 'penstock[bigquery]'"
        )


def check_location(options: Mapping[str, Any], beam_pipeline_args: Sequence[str]) -> None:
    """Refuses file loads without a place for the files.

    Raises:
        ParameterError: Neither the sink nor the Beam arguments name one.
    """
    named = any(argument.startswith("--temp_location") for argument in beam_pipeline_args)
    if options["method"] == "FILE_LOADS" and not options["temp_location"] and not named:
        raise ParameterError(
            "loading files into BigQuery needs a place for them",
            expected="option temp_location of the sink, or --temp_location in the Beam arguments: gs://bucket/folder",
            hint="or set option method to STREAMING_INSERTS",
        )
