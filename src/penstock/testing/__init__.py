# SPDX-License-Identifier: Apache-2.0
"""Runs a user's functions and components on tables in memory, inside the user's own tests and in seconds.

A table is a dictionary of columns, a pandas data frame, or a table or batch of pyarrow::

    from penstock import testing

    def test_fares_are_scaled():
        table = testing.transform_table("modules/taxi/preprocessing.py", {"fare": [5.0, 15.0], ...})
        assert table["fare_xf"] == pytest.approx([-1.0, 1.0])

``transform_table`` runs a ``preprocessing_fn``, ``train_on_tables`` a ``run_fn``, and ``run_component`` any component
with its driver, executor and publisher. What they write goes into a temporary folder that lasts as long as the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.testing.channel import Channel as Channel
    from penstock.testing.component_run import ComponentRun as ComponentRun
    from penstock.testing.component_run import run_component as run_component
    from penstock.testing.given import artifact as artifact
    from penstock.testing.given import examples as examples
    from penstock.testing.given import schema as schema
    from penstock.testing.tables import Table as Table
    from penstock.testing.training import TrainedModel as TrainedModel
    from penstock.testing.training import train_on_tables as train_on_tables
    from penstock.testing.transformation import TransformedTable as TransformedTable
    from penstock.testing.transformation import transform_table as transform_table
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "Channel": "penstock.testing.channel",
            "ComponentRun": "penstock.testing.component_run",
            "Table": "penstock.testing.tables",
            "TrainedModel": "penstock.testing.training",
            "TransformedTable": "penstock.testing.transformation",
            "artifact": "penstock.testing.given",
            "examples": "penstock.testing.given",
            "run_component": "penstock.testing.component_run",
            "schema": "penstock.testing.given",
            "train_on_tables": "penstock.testing.training",
            "transform_table": "penstock.testing.transformation",
        },
    )
