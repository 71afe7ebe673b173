# SPDX-License-Identifier: Apache-2.0
"""The options of each kind of sink: their names, their values, what they are where none is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from penstock.errors import ParameterError, did_you_mean
from penstock.inference.spec import SinkSpec

Kind = Literal["path", "url", "bigquery"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        default: Its value where none is given; its type is the type that values must have.
        choices: What it may be; anything of its type where there are none.
        least: Least value of a number.
    """

    default: Any
    choices: tuple[Any, ...] = ()
    least: int | None = None


_FOLDER: Mapping[str, Option] = {
    "rows_per_file": Option(1_000_000, least=1),
    "mode": Option("replace", ("replace", "append")),
}
_TEXT_COMPRESSION = Option("none", ("none", "gzip", "zstd"))
_FORMATS: Mapping[str, Mapping[str, Option]] = {
    "parquet": {"compression": Option("zstd", ("zstd", "snappy", "gzip", "none"))},
    "json_lines": {"compression": _TEXT_COMPRESSION},
    "csv": {"compression": _TEXT_COMPRESSION, "delimiter": Option(","), "header": Option(True)},
    "tfrecord": {"level": Option(1, tuple(range(1, 10)))},
    "prediction_log": {
        "level": Option(1, tuple(range(1, 10))),
        "inputs": Option(()),
        "signature": Option("serving_default"),
    },
}
_DATABASE: Mapping[str, Option] = {
    "driver": Option("sqlalchemy", ("sqlalchemy", "adbc")),
    "attempts": Option(5, least=1),
}
_BIGQUERY: Mapping[str, Option] = {
    "write_disposition": Option("WRITE_APPEND", ("WRITE_APPEND", "WRITE_TRUNCATE", "WRITE_EMPTY")),
    "create_disposition": Option("CREATE_IF_NEEDED", ("CREATE_IF_NEEDED", "CREATE_NEVER")),
    "method": Option("FILE_LOADS", ("FILE_LOADS", "STREAMING_INSERTS")),
    "temp_location": Option(""),
    "dry_run": Option(False),
}


def kind_of_sink(spec: SinkSpec) -> Kind:
    """Returns which of the three a sink is.

    Raises:
        ParameterError: It is none of them, or several.
    """
    given: list[Kind] = [kind for kind in get_args(Kind) if getattr(spec, kind)]
    if len(given) != 1:
        raise ParameterError(
            "a sink needs exactly one of path, url and bigquery",
            got=" and ".join(given) if given else "none of them",
            hint="write one sink for each place",
        )
    return given[0]


def options_of(spec: SinkSpec) -> dict[str, Any]:
    """Returns the options of a sink, with what those that are not given are.

    Raises:
        ParameterError: An option is unknown there, or has a value that it cannot have.
    """
    known = _known(spec)
    values = {name: option.default for name, option in known.items()}
    for name, value in spec.options.items():
        if name not in known:
            raise ParameterError(
                f"a sink to {_what(spec)} has no option {name!r}", hint=did_you_mean(name, known)
            )
        values[name] = _checked(name, value, known[name])
    return values


def _known(spec: SinkSpec) -> Mapping[str, Option]:
    kind = kind_of_sink(spec)
    if kind == "path":
        if spec.format not in _FORMATS:
            raise ParameterError(
                f"{spec.format!r} is no format of a sink", hint=did_you_mean(str(spec.format), _FORMATS)
            )
        return {**_FOLDER, **_FORMATS[spec.format]}
    return _DATABASE if kind == "url" else _BIGQUERY


def _what(spec: SinkSpec) -> str:
    kind = kind_of_sink(spec)
    return f"{spec.format} files" if kind == "path" else {"url": "a database", "bigquery": "BigQuery"}[kind]


def _checked(name: str, value: Any, option: Option) -> Any:
    if isinstance(option.default, tuple) and isinstance(value, (list, tuple)):
        value = tuple(str(item) for item in value)
    fits = type(value) is type(option.default)
    expected = f"a value of type {type(option.default).__name__}"
    if option.choices:
        fits, expected = fits and value in option.choices, " or ".join(map(repr, option.choices))
    if option.least is not None:
        fits, expected = fits and value >= option.least, f"a whole number of at least {option.least}"
    if name == "delimiter":
        fits, expected = fits and len(value) == 1 and value.isascii(), "one ASCII character"
    if not fits:
        raise ParameterError(
            f"option {name} of a sink cannot be {value!r}", expected=expected, got=repr(value)
        )
    return value
