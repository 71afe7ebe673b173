# SPDX-License-Identifier: Apache-2.0
"""Parameters of a YAML file: ``${name}`` in it stands for the value of a parameter that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.config.yaml_file import Entry
from penstock.errors import UsageError, did_you_mean

SECTION = "parameters"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def with_parameters(entry: Entry, given: Mapping[str, str]) -> tuple[Entry, dict[str, Any]]:
    """Returns a file's content without its section ``parameters``, and with the values of these put in.

    A text that is nothing but ``${name}`` becomes the value as it is, a number for instance; inside a longer text the
    value's text is put in. ``${NAME}`` that names no parameter stays: it may be an environment variable.

    Args:
        entry: The file's content. Its ``parameters`` are names with their defaults; null has to be given.
        given: Values as text, which take the type of the default.

    Returns:
        The content, and the value of each parameter.

    Raises:
        UsageError: A value is given for an unknown parameter, is of another type, or missing.
    """
    declared = entry.value.get(SECTION, Entry({}, entry.place))
    if not isinstance(declared.value, Mapping):
        raise UsageError(
            f"{declared.place}: {SECTION} is no mapping", expected="name: default", got=repr(declared.plain)
        )
    for name in given:
        if name not in declared.value:
            raise UsageError(
                f"--param: {entry.place.rpartition(':')[0]} has no parameter {name!r}",
                hint=did_you_mean(name, declared.value),
            )
    values = {name: _parameter(name, item, given.get(name)) for name, item in declared.value.items()}
    content = {key: _filled(item, values) for key, item in entry.value.items() if key != SECTION}
    return Entry(content, entry.place), values


def _parameter(name: str, default: Entry, text: str | None) -> Any:
    if isinstance(default.value, (tuple, Mapping)):
        raise UsageError(
            f"{default.place}: parameter {name!r} is no single value",
            expected="a number, text, true or false",
        )
    if text is None:
        if default.value is None:
            raise UsageError(f"{default.place}: parameter {name!r} has no value", hint=f"--param {name}=…")
        return default.value
    kind = type(default.value)
    try:
        if kind is bool:
            return _TRUTHS[text.lower()]
        return kind(text) if kind in (int, float) else text
    except (KeyError, ValueError):
        raise UsageError(
            f"--param: {name!r} has the wrong type", expected=kind.__name__, got=repr(text)
        ) from None


def _filled(entry: Entry, values: Mapping[str, Any]) -> Entry:
    if isinstance(entry.value, Mapping):
        return Entry({key: _filled(item, values) for key, item in entry.value.items()}, entry.place)
    if isinstance(entry.value, tuple):
        return Entry(tuple(_filled(item, values) for item in entry.value), entry.place)
    if not isinstance(entry.value, str):
        return entry
    whole = _REFERENCE.fullmatch(entry.value)
    if whole and whole[1] in values:
        return Entry(values[whole[1]], entry.place)
    text = _REFERENCE.sub(
        lambda found: str(values[found[1]]) if found[1] in values else found[0], entry.value
    )
    return Entry(text, entry.place)
