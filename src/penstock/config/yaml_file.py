# SPDX-License-Identifier: Apache-2.0
"""Reads YAML so that every value knows the line on which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.errors import UsageError


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and where it was written.

    Attributes:
        value: A scalar, a tuple of entries, or a mapping of entries by key.
        place: ``file:line``.
    """

    value: Any
    place: str

    @property
    def plain(self) -> Any:
        """The value without places: scalars, lists, dictionaries."""
        if isinstance(self.value, Mapping):
            return {key: entry.plain for key, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [entry.plain for entry in self.value]
        return self.value


def read_yaml(path: Path) -> Entry:
    """Reads a file that holds one mapping.

    Raises:
        UsageError: There is no such file, it is not YAML, holds something else than a mapping, or a key twice.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the configuration {path} cannot be read", got=str(error)) from None
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        entry = Entry({}, f"{path}:1") if node is None else _entry(node, loader, path)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise UsageError(f"{path}:{line}: this is not YAML", got=problem) from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML", got=" ".join(str(error).split())) from None
    finally:
        loader.dispose()
    if not isinstance(entry.value, Mapping):
        raise UsageError(
            f"{entry.place}: a configuration must be a mapping", expected="key: value", got=repr(entry.plain)
        )
    return entry


def _entry(node: Any, loader: Any, path: Path) -> Entry:
    import yaml

    place = f"{path}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.SequenceNode):
        return Entry(tuple(_entry(item, loader, path) for item in node.value), place)
    if not isinstance(node, yaml.MappingNode):
        return Entry(_scalar(loader.construct_object(node), place), place)
    entries: dict[str, Entry] = {}
    written = _written_keys(node, path)
    loader.flatten_mapping(node)  # brings in what `<<` refers to, before the mapping's own keys
    for key_node, value_node in node.value:
        key = str(key_node.value)
        entries[key] = _entry(value_node, loader, path)
    return Entry({**entries, **{key: entries[key] for key in written}}, place)


def _written_keys(node: Any, path: Path) -> list[str]:
    import yaml

    keys: list[str] = []
    for key_node, _ in node.value:
        place = f"{path}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise UsageError(f"{place}: a key must be a word")
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        if key_node.value in keys:
            raise UsageError(f"{place}: {key_node.value!r} is written twice")
        keys.append(key_node.value)
    return keys


def _scalar(value: Any, place: str) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise UsageError(
        f"{place}: a value is read as {type(value).__name__}",
        expected="a number, text, true, false, or a list or mapping of these",
        got=str(value),
        hint="put text into quotes",
    )


def merged(base: Entry, overlay: Entry) -> Entry:
    """Returns ``base`` with what ``overlay`` says: mappings are joined, everything else is replaced."""
    if not (isinstance(base.value, Mapping) and isinstance(overlay.value, Mapping)):
        return overlay
    joined = dict(base.value)
    for key, entry in overlay.value.items():
        joined[key] = merged(joined[key], entry) if key in joined else entry
    return Entry(joined, overlay.place)
