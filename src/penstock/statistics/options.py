# SPDX-License-Identifier: Apache-2.0
"""TFDV's options, as they are stored (JSON) and as they are used."""

from __future__ import annotations

import copy
import json
from typing import Any

import tensorflow_data_validation as tfdv

from penstock.errors import ParameterError, did_you_mean

_MESSAGES = frozenset({"schema_json", "slicing_config_json", "per_feature_weight_override_json"})


def parse_options(options_json: str | None) -> tfdv.StatsOptions:
    """Returns the options in a JSON document; the defaults for ``None``.

    The document is what ``tfdv.StatsOptions.to_json`` writes, or a part of it: ``{"num_top_values": 5}``.

    Raises:
        ParameterError: It is no such document, or names an option that TFDV does not have.
    """
    if not options_json:
        return tfdv.StatsOptions()
    defaults = json.loads(tfdv.StatsOptions().to_json())
    try:
        given = json.loads(options_json)
        # What another version of TFDV knows, but was not set, means nothing.
        named = {_stored_name(key, defaults): value for key, value in given.items() if value is not None}
        merged = defaults | named
        for name in _MESSAGES & merged.keys():
            # The library takes either the message or its JSON, under two names.
            merged.pop("_" + name.removesuffix("_json"), None)
        return tfdv.StatsOptions.from_json(json.dumps(merged))
    except ParameterError:
        raise
    except Exception as error:
        raise ParameterError(
            "stats_options cannot be read",
            expected="a tfdv.StatsOptions, or JSON such as its to_json() returns",
            got=f"{options_json[:200]} ({error})",
        ) from error


def _stored_name(key: str, known: dict[str, Any]) -> str:
    for name in (key, f"_{key}"):
        if name in known or name in _MESSAGES:
            return name
    raise ParameterError(
        f"stats_options has no option {key!r}",
        hint=f"{did_you_mean(key, (name.lstrip('_') for name in known))} (TFDV {tfdv.__version__})",
    )


def with_schema(options: tfdv.StatsOptions, schema: Any) -> tfdv.StatsOptions:
    """Returns a copy of the options that types features by ``schema``, where one is given."""
    copied = copy.copy(options)
    if schema is not None:
        copied.schema = schema
    return copied


def without_sampling(options: tfdv.StatsOptions) -> tfdv.StatsOptions:
    """Returns a copy without ``sample_rate``, for batches that hold only sampled rows."""
    copied = copy.copy(options)
    copied.sample_rate = None
    return copied
