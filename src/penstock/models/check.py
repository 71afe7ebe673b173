# SPDX-License-Identifier: Apache-2.0
"""Whether a model can and may be loaded here, found out before anything is."""

from __future__ import annotations

import importlib.util

from penstock.errors import DependencyError, ParameterError
from penstock.models.flavor import Flavor
from penstock.models.registry import flavor_named


def check_loadable(flavor: str, uri: str, *, trusted: bool) -> None:
    """Refuses a model whose library is not installed, or that would have to be unpickled and may not be.

    Args:
        flavor: Name of its flavor.
        uri: Where it is, for the error.
        trusted: Whether its files may be unpickled.

    Raises:
        DependencyError: A library is missing; the hint names the extra that brings it.
        ParameterError: It is a pickle and not trusted, or there is no such flavor.
    """
    found = flavor_named(flavor)
    check_libraries(found, uri)
    if found.unpickles and not trusted:
        raise not_trusted(uri)


def check_libraries(flavor: Flavor, uri: str) -> None:
    """Refuses a model whose library is not installed.

    Raises:
        DependencyError: With the extra that brings it.
    """
    for library in (flavor.library, *flavor.further_libraries):
        if importlib.util.find_spec(library) is None:
            raise DependencyError(
                f"{library} is not installed, which models of flavor {flavor.name!r} need",
                input=uri,
                hint=f"pip install 'penstock[{flavor.extra}]'",
            )


def not_trusted(uri: str) -> ParameterError:
    """Returns the error for a file that would have to be unpickled and may not be."""
    return ParameterError(
        f"the model at {uri} is a pickle, and unpickling runs whatever code it holds",
        input="trusted",
        expected="a model that a pipeline of this store has made, or one that you say you trust",
        hint="trusted: true in the model's settings, or penstock.models.LoadOptions(trusted=True), "
        "if you know who made it; ONNX and XGBoost's JSON need no trust",
    )
