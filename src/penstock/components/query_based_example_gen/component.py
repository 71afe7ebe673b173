# SPDX-License-Identifier: Apache-2.0
"""Declaration of QueryBasedExampleGen, and of BigQueryExampleGen, which is the same with another way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenResult,
    check_data_format,
    examples_format_of,
)
from penstock.components.query_based_example_gen.arguments import (
    check_custom,
    check_driver,
    check_own,
    queries_of,
)
from penstock.components.query_based_example_gen.queries import SplitQuery, check_queries, check_range
from penstock.errors import ParameterError, PenstockError
from penstock.examples.splits import SplitRule
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import NoInputs, not_in_cache_key
from penstock.ir.model import ExecutionBaseType
from penstock.messages.example_gen import CustomConfig, Input, Output
from penstock.messages.range_config import RangeConfig
from penstock.runtime.roles import Work

BIGQUERY = "bigquery://"
_TYPE_NAMES = {
    "QueryBasedExampleGen": "tfx.components.example_gen.component.QueryBasedExampleGen",
    "BigQueryExampleGen": "tfx.extensions.google_cloud_big_query.example_gen.component.BigQueryExampleGen",
}


@dataclass(frozen=True, slots=True)
class QueryBasedExampleGenParameters:
    """Parameters of QueryBasedExampleGen.

    Attributes:
        input_config: The query of each input split, as its pattern; the cache goes by the queries as they are run.
        url: The database.
        driver: What reads; ``None`` chooses.
        range_config: The span, which takes the place of the queries' placeholders.
        output_config: Splits to make of a single query; ``None`` means train and eval, 2:1.
        fingerprint_query: A query whose answer says whether the data has changed.
        examples_format: Format to write; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out. ``tfx-sha256`` gives the splits that TFX made.
        custom_config: What only a custom executor understands.
    """

    input_config: Input = not_in_cache_key()
    url: str = ""
    driver: Literal["sqlalchemy", "adbc"] | None = None
    range_config: RangeConfig | None = not_in_cache_key(None)
    output_config: Output | None = None
    fingerprint_query: str | None = not_in_cache_key(None)
    examples_format: Literal["parquet", "tfrecord"] | None = None
    split_algorithm: Literal["penstock-mix64", "tfx-sha256"] = "penstock-mix64"
    custom_config: CustomConfig | None = None


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What the driver decided.

    Attributes:
        queries: The query of each input split, with the span in place of its placeholders.
        span: The span, 0 where none is given.
        fingerprint: The answer of ``fingerprint_query``, ``None`` without one.
        splits: Names of the splits to make.
        rule: How rows are shared out among them; ``None`` where they are the input splits.
        examples_format: Format to write.
    """

    queries: tuple[SplitQuery, ...]
    span: int
    fingerprint: str | None
    splits: tuple[str, ...]
    rule: SplitRule | None
    examples_format: Literal["parquet", "tfrecord"]

    @property
    def base(self) -> str:
        """Queries start at no folder."""
        return ""

    @property
    def inputs(self) -> Mapping[str, str]:
        """Query of each input split."""
        return {query.split: query.query for query in self.queries}

    def check_inputs(self) -> None:
        """Does nothing: what a query gives is known when it is run."""


QueryWork = Work[NoInputs, ExampleGenOutputs, QueryBasedExampleGenParameters, QueryPlan]
"""What executor and publisher see."""


class QueryBasedExampleGen(BaseComponent):
    """Makes examples from the rows that a query gives, or several, one for each split.

    Integers and truth values become features of int, floats and decimals of float (32 bits), text and bytes of bytes;
    a date is its number of days since 1970-01-01, a moment its microseconds since then (in UTC, where it has no time
    zone), a time of day or an interval its microseconds. An array is a list of these. NULL is a missing value.

    Rows are read in batches, in constant memory, on the machine that runs the node, whatever the Beam arguments say: a
    query is one stream of rows. The data of a database changes, so the queries are run again each time, cache or not,
    unless ``fingerprint_query`` says that nothing has changed.

    Args:
        input_config: Several queries: an ``Input`` with one ``Input.Split`` each, whose pattern is the query. A single
            one is shared out by ``output_config``.
        output_config: Splits to make of a single query; ``None`` means train and eval, 2:1.
        custom_config: What only a custom executor understands.
        range_config: The span: a ``RangeConfig`` with a ``static_range`` of one span. It takes the place of
            ``@span_begin_timestamp`` and ``@span_end_timestamp`` (seconds since 1970 at the beginning and at the end of
            day number *span* in UTC), ``@span_yyyymmdd_utc`` (``'20240131'``), ``{SPAN}``, ``{YYYY}``, ``{MM}`` and
            ``{DD}`` in the queries.
        output_data_format: ``FORMAT_TF_EXAMPLE``; nothing else can be stored.
        output_file_format: ``FORMAT_TFRECORDS_GZIP`` or ``FILE_FORMAT_PARQUET``: TFX's way to say ``examples_format``.
        custom_executor_spec: Reads otherwise: ``ExecutorClassSpec`` of a ``BaseExampleGenExecutor``, whose Beam
            transform gets each query. It then takes the place of ``url``, ``driver`` and ``fingerprint_query``.
        query: One query, instead of ``input_config``.
        url: The database, as SQLAlchemy writes it (``postgresql://user:${PASSWORD}@host/database``, ``mysql://…``,
            ``sqlite:///file.db``), or ``bigquery://project/dataset``. ``${NAME}`` stands for an environment variable.
        driver: ``"adbc"`` reads record batches from PostgreSQL or SQLite without Python values in between;
            ``"sqlalchemy"`` is the default.
        fingerprint_query: A query whose answer, a few rows at most, changes with the data, such as
            ``SELECT COUNT(*), MAX(updated_at) FROM trips``: while it stays the same, the cache may answer.
            ``"SELECT 1"`` says that the queries always give the same rows.
        examples_format: Format to write, ``"parquet"`` or ``"tfrecord"``; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out; ``"tfx-sha256"`` gives the splits that TFX made.

    Raises:
        ParameterError: Not exactly one of ``query`` and ``input_config`` is given, a password stands in the URL, or
            queries and range do not go together.
    """

    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Process"
    Inputs: ClassVar[type] = NoInputs
    Outputs: ClassVar[type] = ExampleGenOutputs
    Parameters: ClassVar[type] = QueryBasedExampleGenParameters
    Plan = QueryPlan
    Result = ExampleGenResult
    DRIVER = "penstock.components.query_based_example_gen.driver:QueryBasedExampleGenDriver"
    EXECUTOR = "penstock.components.query_based_example_gen.executor:QueryBasedExampleGenExecutor"
    PUBLISHER = "penstock.components.query_based_example_gen.publisher:QueryBasedExampleGenPublisher"
    REQUIRES: ClassVar[tuple[str, ...]] = ("pyarrow.compute", "pyarrow.parquet")

    def __init__(
        self,
        input_config: Any = None,
        output_config: Any = None,
        custom_config: Any = None,
        range_config: Any = None,
        output_data_format: Any = None,
        output_file_format: Any = None,
        custom_executor_spec: Any = None,
        *,
        query: str | None = None,
        url: str | RuntimeParameter | None = None,
        driver: Any = None,
        fingerprint_query: Any = None,
        examples_format: Any = None,
        split_algorithm: Any = None,
    ) -> None:
        name = type(self).__name__
        check_data_format(name, output_data_format)
        if custom_executor_spec is not None or type(self).EXECUTOR_SPEC is not None:
            check_custom(name, url=url, driver=driver, fingerprint_query=fingerprint_query)
        else:
            check_own(name, url, custom_config)
        super().__init__(
            custom_executor_spec=custom_executor_spec,
            parameters={
                "input_config": queries_of(name, query, input_config),
                "url": url,
                "custom_config": custom_config,
                "driver": driver,
                "range_config": range_config,
                "output_config": output_config,
                "fingerprint_query": fingerprint_query,
                "examples_format": examples_format_of(name, examples_format, output_file_format),
                "split_algorithm": split_algorithm,
            },
        )
        self._check()

    @classmethod
    def type_name(cls) -> str:
        """Returns the name of the component's execution type: TFX's, where it is none of a subclass."""
        if cls.__module__ == __name__ and not cls.TYPE_NAME:
            return _TYPE_NAMES[cls.__qualname__]
        return super().type_name()

    def _check(self) -> None:
        """Refuses now what could not run, as far as no value is still to come."""
        given = self.exec_properties
        try:
            check_driver(given.get("url"), given.get("driver"))
            range_config, queries = given.get("range_config"), given["input_config"]
            if range_config is None or isinstance(range_config, RangeConfig):
                check_range(range_config)
            if isinstance(queries, Input):
                more = given.get("fingerprint_query")
                check_queries(
                    queries, more if isinstance(more, str) else None, has_span=range_config is not None
                )
        except PenstockError as error:
            raise error.with_component(type(self).__name__) from None


class BigQueryExampleGen(QueryBasedExampleGen):
    """Makes examples from the rows that a query of BigQuery gives, or several, one for each split.

    It is :class:`QueryBasedExampleGen` with TFX's arguments in TFX's order. Rows come as record batches of the Storage
    API. The project that pays is that of ``url``, else ``--project`` of the Beam arguments, else that of the
    environment's credentials.

    Args:
        query: One query in GoogleSQL.
        input_config: Several queries, one for each split, instead of ``query``.
        output_config: Splits to make of a single query; ``None`` means train and eval, 2:1.
        range_config: The span, as in QueryBasedExampleGen.
        custom_executor_spec: Reads otherwise, as in QueryBasedExampleGen.
        custom_config: What only a custom executor understands.
        url: ``bigquery://project/dataset?location=EU``, each part of it optional.
        fingerprint_query: As in QueryBasedExampleGen.
        examples_format: Format to write, ``"parquet"`` or ``"tfrecord"``; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out; ``"tfx-sha256"`` gives the splits that TFX made.

    Raises:
        ParameterError: As of QueryBasedExampleGen.
    """

    def __init__(
        self,
        query: str | None = None,
        input_config: Any = None,
        output_config: Any = None,
        range_config: Any = None,
        custom_executor_spec: Any = None,
        custom_config: Any = None,
        *,
        url: str | RuntimeParameter | None = None,
        fingerprint_query: Any = None,
        examples_format: Any = None,
        split_algorithm: Any = None,
    ) -> None:
        if isinstance(url, str) and not url.startswith(BIGQUERY):
            raise ParameterError(
                "url names no place in BigQuery",
                component=type(self).__name__,
                input="url",
                expected="bigquery://project/dataset",
                hint="QueryBasedExampleGen reads other databases",
            )
        super().__init__(
            input_config,
            output_config,
            custom_config,
            range_config,
            custom_executor_spec=custom_executor_spec,
            query=query,
            url=BIGQUERY if url is None and custom_executor_spec is None else url,
            fingerprint_query=fingerprint_query,
            examples_format=examples_format,
            split_algorithm=split_algorithm,
        )
