# SPDX-License-Identifier: Apache-2.0
"""The standard components, one folder each: component, driver, executor, publisher.

Users have their classes, and what module files are given, from here (``tfx.components.CsvExampleGen``); Penstock's own
code imports from the folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.bulk_inferrer.component import BulkInferrer as BulkInferrer
    from penstock.components.csv_example_gen.component import CsvExampleGen as CsvExampleGen
    from penstock.components.distribution_validator.component import (
        DistributionValidator as DistributionValidator,
    )
    from penstock.components.evaluator.component import Evaluator as Evaluator
    from penstock.components.example_diff.component import ExampleDiff as ExampleDiff
    from penstock.components.example_gen.component import FileBasedExampleGen as FileBasedExampleGen
    from penstock.components.example_validator.component import ExampleValidator as ExampleValidator
    from penstock.components.graph_inferrer.component import GraphInferrer as GraphInferrer
    from penstock.components.import_example_gen.component import ImportExampleGen as ImportExampleGen
    from penstock.components.import_schema_gen.component import ImportSchemaGen as ImportSchemaGen
    from penstock.components.infra_validator.component import InfraValidator as InfraValidator
    from penstock.components.pusher.component import Pusher as Pusher
    from penstock.components.query_based_example_gen.component import (
        QueryBasedExampleGen as QueryBasedExampleGen,
    )
    from penstock.components.schema_gen.component import SchemaGen as SchemaGen
    from penstock.components.statistics_gen.component import StatisticsGen as StatisticsGen
    from penstock.components.trainer.component import Trainer as Trainer
    from penstock.components.trainer.fn_args import FnArgs as FnArgs
    from penstock.components.transform.component import Transform as Transform
    from penstock.components.tuner.component import Tuner as Tuner
    from penstock.components.tuner.component import TunerFnResult as TunerFnResult
    from penstock.examples.accessor import DataAccessor as DataAccessor
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "BulkInferrer": "penstock.components.bulk_inferrer.component",
            "CsvExampleGen": "penstock.components.csv_example_gen.component",
            "DataAccessor": "penstock.examples.accessor",
            "DistributionValidator": "penstock.components.distribution_validator.component",
            "Evaluator": "penstock.components.evaluator.component",
            "ExampleDiff": "penstock.components.example_diff.component",
            "ExampleValidator": "penstock.components.example_validator.component",
            "FileBasedExampleGen": "penstock.components.example_gen.component",
            "FnArgs": "penstock.components.trainer.fn_args",
            "GraphInferrer": "penstock.components.graph_inferrer.component",
            "ImportExampleGen": "penstock.components.import_example_gen.component",
            "ImportSchemaGen": "penstock.components.import_schema_gen.component",
            "InfraValidator": "penstock.components.infra_validator.component",
            "Pusher": "penstock.components.pusher.component",
            "QueryBasedExampleGen": "penstock.components.query_based_example_gen.component",
            "SchemaGen": "penstock.components.schema_gen.component",
            "StatisticsGen": "penstock.components.statistics_gen.component",
            "Trainer": "penstock.components.trainer.component",
            "Transform": "penstock.components.transform.component",
            "Tuner": "penstock.components.tuner.component",
            "TunerFnResult": "penstock.components.tuner.component",
        },
    )
