# SPDX-License-Identifier: Apache-2.0
"""Refuses before anything runs what cannot work, and says what a sink would get. Heavy libraries only where needed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from penstock import files
from penstock.errors import DataError, DependencyError, ParameterError, StorageError, did_you_mean
from penstock.inference.sinks.options import kind_of_sink, options_of
from penstock.inference.spec import SinkSpec

if TYPE_CHECKING:
    import pyarrow as pa

_SCHEMES = {"s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "gcs": ("gcsfs", "gcs")}
"""Module and extra that serve the URIs of a scheme."""


def check(
    spec: SinkSpec,
    schema: pa.Schema | Sequence[str] | None,
    project_root: str,
    *,
    key: str | Sequence[str] | None = None,
    beam_pipeline_args: Sequence[str] | None = None,
) -> None:
    """Refuses a sink that cannot work, as far as that can be known without writing or connecting.

    Args:
        spec: The sink.
        schema: Columns of the rows with their types, or only their names, or ``None`` where nothing is known of them.
        project_root: Folder of the project, which paths are relative to.
        key: Columns that tell rows apart, where the sink names none.
        beam_pipeline_args: Arguments for the Beam pipeline of a BigQuery sink; ``None`` where they are not known yet.

    Raises:
        ParameterError: Not exactly one of path, url and bigquery; an unknown format or option, or a value that it
            cannot have; no table; a key where none counts; a URL that cannot be read.
        DataError: A column of the sink or key is not among those of the rows, or has a type that the sink cannot take.
        DependencyError: A library is not installed.
        StorageError: The folder cannot be written, or holds files that no delivery has written.
    """
    kind, options = kind_of_sink(spec), options_of(spec)
    if spec.table and kind != "url":
        raise ParameterError("a sink has a table but no url", got=f"table {spec.table}", hint="add the url")
    known = _names(schema)
    names = _columns(spec, known)
    if kind == "url":
        _check_key(key_of(spec, key), names, known)
    elif spec.key:
        raise ParameterError(
            f"a sink to {'files' if kind == 'path' else 'BigQuery'} has no key",
            got=f"key {', '.join(spec.key)}",
            hint="leave it out: the sink takes the rows as they are",
        )
    if kind == "path":
        _check_format(spec.format)
        _check_folder(str(spec.path), project_root, options)
    elif kind == "url":
        from penstock.inference.sinks.sql.delivery import check_database

        check_database(str(spec.url), spec.table, project_root, options)
    else:
        _check_bigquery(str(spec.bigquery), options, beam_pipeline_args)
    if schema is not None and hasattr(schema, "types") and names is not None:
        _check_types(spec, schema, names, key_of(spec, key))


def describe(
    spec: SinkSpec, schema: pa.Schema, project_root: str, *, key: str | Sequence[str] | None = None
) -> str:
    """Returns what a sink would get, without writing, connecting, or the library of its service.

    Returns:
        For BigQuery the schema of the table as BigQuery's JSON; for a database the statement that makes the table;
        for a folder its columns.
    """
    from penstock.inference.sinks.result_rows import selected

    kind, names = kind_of_sink(spec), spec.columns or tuple(schema.names)
    chosen = selected(schema, names)
    if kind == "bigquery":
        from penstock.inference.sinks.bigquery.schema import check_table, schema_json

        check_table(str(spec.bigquery))
        return schema_json(chosen)
    if kind == "url":
        from penstock.inference.databases.url import database_url
        from penstock.inference.sinks.sql.table import defined, statement

        url = database_url(str(spec.url), project_root)
        keys = [name for name in key_of(spec, key) if name in chosen.names]
        return statement(defined(str(spec.table), chosen, keys), url.get_dialect()())
    return "\n".join(f"{field.name}: {field.type}" for field in chosen)


def key_of(spec: SinkSpec, key: str | Sequence[str] | None) -> tuple[str, ...]:
    """Returns the columns that tell rows apart: the sink's own, or else those given."""
    if spec.key:
        return tuple(spec.key)
    return (key,) if isinstance(key, str) else tuple(key or ())


def _names(schema: Any) -> tuple[str, ...] | None:
    if schema is None:
        return None
    return tuple(schema.names) if hasattr(schema, "names") else tuple(schema)


def _columns(spec: SinkSpec, known: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Returns the names of the columns that are written, as far as they are known."""
    if known is None:
        return tuple(spec.columns) or None
    for name in spec.columns:
        if name not in known:
            raise DataError(f"a sink asks for column {name!r}, which the rows do not have", input=name,
                            hint=did_you_mean(name, known))  # fmt: skip
    return tuple(spec.columns) or known


def _check_key(key: tuple[str, ...], names: tuple[str, ...] | None, known: tuple[str, ...] | None) -> None:
    if names is None:
        return
    for name in key:
        if name in names:
            continue
        hint = did_you_mean(name, names)
        if known is not None and name in known:
            hint = "add it to the columns of the sink"
        raise DataError(f"the key column {name!r} of a sink is not among its columns", input=name, hint=hint)


def _check_format(format: str) -> None:
    if format in ("tfrecord", "prediction_log") and importlib.util.find_spec("google_crc32c") is None:
        raise DependencyError(
            f"files of format {format} need the library google-crc32c", hint="pip install google-crc32c"
        )


def _check_folder(path: str, project_root: str, options: dict[str, Any]) -> None:
    from penstock.inference.sinks.folder.destination import folder_uri

    folder = folder_uri(path, project_root)
    if not files.is_local(folder):
        _check_scheme(folder)
        return
    place = os.path.realpath(files.local_path(folder))
    if options["mode"] == "replace":
        from penstock.inference.sinks.folder.local import check_replaceable

        check_replaceable(place)
    above = os.path.dirname(place)
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not os.path.isdir(above):
        raise StorageError(
            f"the folder {folder} of a sink cannot be made", input=folder, got=f"{above} is a file"
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise StorageError(
            f"the folder {folder} of a sink cannot be written: not permitted",
            input=above,
            hint="check owner and mode of that folder",
        )


def _check_scheme(uri: str) -> None:
    scheme = uri.split("://", 1)[0]
    module, extra = _SCHEMES.get(scheme, (None, None))
    if module is not None and importlib.util.find_spec(module) is None:
        raise DependencyError(
            f"{scheme}:// needs the library {module}", hint=f"pip install 'penstock[{extra}]'"
        )


def _check_bigquery(table: str, options: dict[str, Any], beam_pipeline_args: Sequence[str] | None) -> None:
    from penstock.inference.sinks.bigquery.requirements import check_library, check_location
    from penstock.inference.sinks.bigquery.schema import check_table

    check_table(table)
    if options["dry_run"]:
        return
    check_library()
    if beam_pipeline_args is not None:
        check_location(options, beam_pipeline_args)


def _check_types(spec: SinkSpec, schema: pa.Schema, names: tuple[str, ...], key: tuple[str, ...]) -> None:
    from penstock.inference.sinks.result_rows import selected

    chosen = selected(schema, names)
    if spec.url:
        from penstock.inference.sinks.sql.table import defined

        defined(str(spec.table), chosen, key)
    elif spec.bigquery:
        from penstock.inference.sinks.bigquery.schema import bigquery_schema

        bigquery_schema(chosen)
