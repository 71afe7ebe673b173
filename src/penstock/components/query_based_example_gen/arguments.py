# SPDX-License-Identifier: Apache-2.0
"""What the constructors of the ExampleGens of queries take, and refuse."""

from __future__ import annotations

from typing import Any

from penstock.components.query_based_example_gen.bigquery_place import place_of
from penstock.components.query_based_example_gen.queries import SINGLE_SPLIT
from penstock.errors import ParameterError, PenstockError
from penstock.inference.databases.adbc import ADBC_DATABASES
from penstock.inference.databases.url import refuse_secrets
from penstock.messages.example_gen import Input


def check_custom(component: str, **given: Any) -> None:
    """Refuses what only Penstock's own executor knows.

    Raises:
        ParameterError: It is given.
    """
    for name, value in given.items():
        if value is not None:
            raise ParameterError(
                f"{name} is not for executors of one's own",
                component=component,
                input=name,
                hint="what such an executor needs goes into custom_config",
            )


def check_own(component: str, url: Any, custom_config: Any) -> None:
    """Refuses what Penstock's own executor cannot work with.

    Raises:
        ParameterError: There is no URL, or a password in it, or one of BigQuery that it cannot read, or a configuration
            for another executor.
    """
    if custom_config is not None:
        raise ParameterError(
            "custom_config is for executors of one's own",
            component=component,
            input="custom_config",
            hint="name the database with url, or give custom_executor_spec",
        )
    if url is None:
        raise ParameterError(
            "there is no database to query",
            component=component,
            input="url",
            expected="postgresql://…, mysql://…, sqlite:///file.db, bigquery://project/dataset",
        )
    if isinstance(url, str):
        try:
            refuse_secrets(url)
            if url.startswith("bigquery:") and "${" not in url:
                place_of(url)
        except PenstockError as error:
            raise error.with_component(component) from None


def queries_of(component: str, query: Any, input_config: Any) -> Any:
    """Returns the queries by input split.

    Raises:
        ParameterError: Not exactly one of the arguments is given, or ``query`` is not text.
    """
    if (query is None) == (input_config is None):
        raise ParameterError(
            "query and input_config are both given" if query is not None else "there is no query",
            component=component,
            expected="either query, or input_config with a query for each split",
            hint="input_config takes Input(splits=[Input.Split(name='train', pattern='SELECT …'), …])",
        )
    if input_config is not None:
        return input_config
    if not isinstance(query, str):
        raise ParameterError(
            "query is not text",
            component=component,
            input="query",
            expected="a query such as 'SELECT * FROM trips'",
            got=f"{query!r} ({type(query).__name__})",
            hint="what is known only when a run starts goes into range_config or input_config",
        )
    return Input(splits=[Input.Split(name=SINGLE_SPLIT, pattern=query)])


def check_driver(url: Any, driver: Any) -> None:
    """Refuses ADBC where it does not serve the database.

    Raises:
        ParameterError: It does not.
    """
    if driver != "adbc" or not isinstance(url, str) or url.startswith("${"):
        return
    database = url.partition("://")[0].partition("+")[0]
    if database not in ADBC_DATABASES:
        raise ParameterError(
            f"driver cannot be 'adbc' for {database}",
            input="driver",
            expected=f"a database of {' or '.join(ADBC_DATABASES)}",
            hint="leave the driver out",
        )
