# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.errors import DataError, DependencyError, ParameterError, StorageError
from penstock.inference.sinks import check, deliver, describe
from penstock.inference.sinks.options import options_of
from penstock.inference.spec import SinkSpec

SCHEMA = pa.schema([("id", pa.string()), ("label", pa.string()), ("score", pa.float64())])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "exactly one of path, url and bigquery.*got: none of them"),
        ({"path": "a", "url": "sqlite:///b"}, "exactly one of.*got: path and url"),
        ({"path": "a", "format": "jsonlines"}, "'jsonlines' is no format.*did you mean 'json_lines'"),
        ({"path": "a", "options": {"compresion": "zstd"}}, "parquet files has no option.*did you mean 'compression'"),
        ({"path": "a", "options": {"compression": "lzma"}}, "option compression.*'zstd' or 'snappy'.*got: 'lzma'"),
        ({"path": "a", "format": "csv", "options": {"delimiter": ";;"}}, "one ASCII character"),
        ({"path": "a", "format": "csv", "options": {"header": 1}}, "type bool"),
        ({"path": "a", "options": {"rows_per_file": 0}}, "at least 1"),
        ({"path": "a", "options": {"rows_per_file": True}}, "at least 1"),
        ({"path": "a", "table": "t"}, "a table but no url"),
        ({"path": "a", "key": ("id",)}, "a sink to files has no key"),
        ({"url": "sqlite:///b"}, "needs a table"),
        ({"url": "sqlite:///b", "table": "t", "options": {"driver": "odbc"}}, "'sqlalchemy' or 'adbc'"),
        ({"url": "no url", "table": "t"}, "cannot be read"),
        ({"url": "sqlite:///${PENSTOCK_NOWHERE}", "table": "t"}, "variable PENSTOCK_NOWHERE is not set"),
        ({"url": "mysql+pymysql://h/d", "table": "t", "options": {"driver": "adbc"}}, "postgresql or sqlite"),
        ({"bigquery": "dataset.table"}, "names no table of BigQuery.*project:dataset.table"),
        ({"path": "/"}, "root of the file system"),
    ],
)  # fmt: skip
def test_what_a_sink_says_of_itself(spec: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        check(SinkSpec(**spec), SCHEMA, str(tmp_path))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"path": "a", "columns": ("labels",)}, "'labels', which the rows do not have.*did you mean 'label'"),
        ({"url": "sqlite:///b", "table": "t", "key": ("ids",)}, "key column 'ids'.*did you mean 'id'"),
        (
            {"url": "sqlite:///b", "table": "t", "key": ("id",), "columns": ("label",)},
            "add it to the columns",
        ),
    ],
)
@pytest.mark.parametrize("schema", [SCHEMA, SCHEMA.names], ids=["schema", "names"])
def test_columns_must_be_there(spec: dict[str, Any], message: str, schema: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        check(SinkSpec(**spec), schema, str(tmp_path))


def test_nothing_is_said_of_columns_that_are_not_known(tmp_path: Path) -> None:
    check(SinkSpec(url="sqlite:///b", table="t", key=("any",)), None, str(tmp_path))
    with pytest.raises(DataError, match="'any'"):
        check(SinkSpec(url="sqlite:///b", table="t", key=("any",), columns=("id",)), None, str(tmp_path))


def test_the_graphs_key_counts_where_a_database_has_none(tmp_path: Path) -> None:
    spec = SinkSpec(url="sqlite:///b", table="t")
    check(spec, SCHEMA, str(tmp_path), key="id")
    with pytest.raises(DataError, match="'nowhere'"):
        check(spec, SCHEMA, str(tmp_path), key="nowhere")


def test_types_that_no_database_has(tmp_path: Path) -> None:
    schema = pa.schema([("took", pa.duration("s"))])
    with pytest.raises(DataError, match="duration.*input: took"):
        check(SinkSpec(url="sqlite:///b", table="t"), schema, str(tmp_path))


def test_a_driver_that_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="oracledb|cx_Oracle"):
        check(SinkSpec(url="oracle://u:secret@h/d", table="t"), SCHEMA, str(tmp_path))


def test_passwords_are_not_printed(tmp_path: Path) -> None:
    with pytest.raises(DependencyError) as caught:
        check(SinkSpec(url="postgre://u:s3cr%40t@h/d?sslpassword=0th3r", table="t"), SCHEMA, str(tmp_path))
    assert "did you mean 'postgresql'" in str(caught.value)
    assert "s3cr" not in str(caught.value)
    assert "0th3r" not in str(caught.value)


def test_bigquery_without_googles_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud", None)
    with pytest.raises(DependencyError, match=r"penstock\[bigquery\]"):
        check(SinkSpec(bigquery="p:d.t"), SCHEMA, str(tmp_path))


def test_what_a_sink_would_get_is_told_without_its_key(tmp_path: Path) -> None:
    made = describe(
        SinkSpec(url="sqlite:///b", table="t", columns=("score",)), SCHEMA, str(tmp_path), key="id"
    )
    assert "PRIMARY KEY" not in made


def test_tfrecord_without_the_library_of_its_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="pip install google-crc32c"):
        check(SinkSpec(path="a", format="tfrecord"), SCHEMA, str(tmp_path))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("precious")
    with pytest.raises(StorageError, match="no earlier delivery.*got: mine.txt"):
        check(SinkSpec(path="data"), SCHEMA, str(tmp_path))
    with pytest.raises(StorageError, match="is a file"):
        check(SinkSpec(path="data/mine.txt"), SCHEMA, str(tmp_path))
    with pytest.raises(StorageError, match="is a file"):
        check(SinkSpec(path="data/mine.txt/below/it"), SCHEMA, str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from penstock.inference.sinks import check\n"
        "from penstock.inference.spec import SinkSpec\n"
        "import penstock.inference.sinks.folder.local\n"
        "from penstock.errors import StorageError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n    check(SinkSpec(path='/usr/penstock/out'), None, '/')\n"
        "except StorageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "cannot be written: not permitted" in done.stdout, done.stderr


def test_options_have_values_where_none_are_given() -> None:
    assert options_of(SinkSpec(path="a")) == {
        "rows_per_file": 1_000_000,
        "mode": "replace",
        "compression": "zstd",
    }
    given = options_of(SinkSpec(path="a", format="prediction_log", options={"inputs": ["x"]}))
    assert given["inputs"] == ("x",)


def test_descriptions_need_no_service(tmp_path: Path) -> None:
    made = describe(SinkSpec(url="sqlite:///b", table="t"), SCHEMA, str(tmp_path), key="id")
    assert " ".join(made.split()) == (
        "CREATE TABLE t ( id TEXT NOT NULL, label TEXT, score DOUBLE, PRIMARY KEY (id) )"
    )
    assert describe(SinkSpec(path="a", columns=("score",)), SCHEMA, str(tmp_path)) == "score: double"
    assert '"FLOAT"' in describe(SinkSpec(bigquery="p:d.t"), SCHEMA, str(tmp_path))


def test_an_error_names_the_component(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="^nightly: a sink needs exactly one"):
        deliver(SinkSpec(), [], project_root=str(tmp_path), run_token="r", component="nightly")


def test_importing_sinks_loads_nothing_heavy() -> None:
    heavy = ("pyarrow", "numpy", "sqlalchemy", "apache_beam")
    code = f"import sys, penstock.inference.sinks; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
