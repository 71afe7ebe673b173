# SPDX-License-Identifier: Apache-2.0
"""Versions of installed libraries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version


def library_versions(modules: Iterable[str]) -> dict[str, str]:
    """Returns the installed version of the distribution behind each top-level module, where there is one."""
    versions = {}
    for module in modules:
        top = module.partition(".")[0]
        if top == "penstock":
            continue
        distribution = _distribution(top)
        if distribution:
            versions[distribution] = _version(distribution)
    return versions


@cache
def _distribution(module: str) -> str | None:
    for name in (module.replace("_", "-"), module):
        try:
            _version(name)
        except PackageNotFoundError:
            continue
        return name
    known = _packages().get(module)
    return known[0] if known else None


@cache
def _version(distribution: str) -> str:
    return version(distribution)


@cache
def _packages() -> Mapping[str, list[str]]:
    return (
        packages_distributions()
    )  # reads what each installed distribution holds: a tenth of a second and more
