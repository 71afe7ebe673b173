# SPDX-License-Identifier: Apache-2.0
"""Makes a module of a class as it was made when it was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock.errors import DataError, ParameterError

OTHERWISE = "; or save its code with it: save(…, exported=True)"
"""What a user can do whose module cannot be made again from its class."""


def build(cls: Any, params: Mapping[str, Any], uri: str) -> Any:
    """Returns a module of a class.

    Raises:
        DataError: The class does not take these parameters, or fails.
    """
    try:
        return cls(**params)
    except Exception as error:
        raise DataError(
            f"{cls.__qualname__}(**params) fails, which the model at {uri} is made with",
            input="params",
            expected="the arguments that the class was made with when the model was trained",
            got=f"params={dict(params)!r:.200}: {type(error).__name__}: {error}",
            hint=f"name them when saving: save(…, params={{'hidden': 64}}){OTHERWISE}",
        ) from error


def check_params(params: Any) -> dict[str, Any]:
    """Returns constructor parameters that can be written down.

    Raises:
        ParameterError: They are no mapping by name, or hold what JSON cannot.
    """
    try:
        kept = json.loads(json.dumps(dict(params)))
    except (TypeError, ValueError) as error:
        raise ParameterError(
            "the model's params cannot be written down",
            input="params",
            expected="numbers, text, lists and mappings by the names of the constructor's arguments",
            got=str(error),
            hint=f"give the class a constructor of plain values{OTHERWISE}",
        ) from error
    return dict(kept)
