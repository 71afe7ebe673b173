# SPDX-License-Identifier: Apache-2.0
"""Examples for code of one's own: read and write them, share them out among splits, make an ExampleGen.

In memory examples are Arrow record batches of one of two layouts. The *table layout* is what is stored: a plain
nullable column for a feature with at most one value a row, a list column for any other. In the *example layout*, which
TFDV, TFT and TFMA take, every column is a ``large_list``. What reads takes either format of files, and what writes
takes either layout.

A new ExampleGen subclasses :class:`FileBasedExampleGen` and its three roles; ``components/json_lines_example_gen`` in
Penstock's repository is one to start from. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.example_gen.component import ExampleGenOutputs as ExampleGenOutputs
    from penstock.components.example_gen.component import ExampleGenParameters as ExampleGenParameters
    from penstock.components.example_gen.component import ExampleGenPlan as ExampleGenPlan
    from penstock.components.example_gen.component import ExampleGenResult as ExampleGenResult
    from penstock.components.example_gen.component import FileBasedExampleGen as FileBasedExampleGen
    from penstock.components.example_gen.driver import FileBasedExampleGenDriver as FileBasedExampleGenDriver
    from penstock.components.example_gen.executor import (
        FileBasedExampleGenExecutor as FileBasedExampleGenExecutor,
    )
    from penstock.components.example_gen.publisher import (
        FileBasedExampleGenPublisher as FileBasedExampleGenPublisher,
    )
    from penstock.examples.accessor import RecordBatchesOptions as RecordBatchesOptions
    from penstock.examples.accessor import torch_dataset as torch_dataset
    from penstock.examples.assignment import split_batch as split_batch
    from penstock.examples.csv.lines import text_lines as text_lines
    from penstock.examples.ingest import ReadAgainError as ReadAgainError
    from penstock.examples.ingest import SourceRows as SourceRows
    from penstock.examples.kinds import FeatureKind as FeatureKind
    from penstock.examples.kinds import FeatureSet as FeatureSet
    from penstock.examples.kinds import FeatureSpec as FeatureSpec
    from penstock.examples.layout import decode_examples as decode_examples
    from penstock.examples.layout import encode_examples as encode_examples
    from penstock.examples.layout import to_example_layout as to_example_layout
    from penstock.examples.layout import to_table_layout as to_table_layout
    from penstock.examples.payload import ExamplesFormat as ExamplesFormat
    from penstock.examples.reader import ExamplesReader as ExamplesReader
    from penstock.examples.splits import SplitRule as SplitRule
    from penstock.examples.splits import SplitShare as SplitShare
    from penstock.examples.tables import numpy_batches as numpy_batches
    from penstock.examples.tables import pandas_batches as pandas_batches
    from penstock.examples.tables import read_numpy as read_numpy
    from penstock.examples.tables import read_pandas as read_pandas
    from penstock.examples.tables import read_table as read_table
    from penstock.examples.tables import to_numpy as to_numpy
    from penstock.examples.writer import ExamplesWriter as ExamplesWriter
    from penstock.examples.writer import SplitSummary as SplitSummary
else:
    _NAMES = {
        "components.example_gen.component": (
            "ExampleGenOutputs ExampleGenParameters ExampleGenPlan ExampleGenResult FileBasedExampleGen"
        ),
        "components.example_gen.driver": "FileBasedExampleGenDriver",
        "components.example_gen.executor": "FileBasedExampleGenExecutor",
        "components.example_gen.publisher": "FileBasedExampleGenPublisher",
        "examples.accessor": "RecordBatchesOptions torch_dataset",
        "examples.assignment": "split_batch",
        "examples.csv.lines": "text_lines",
        "examples.ingest": "ReadAgainError SourceRows",
        "examples.kinds": "FeatureKind FeatureSet FeatureSpec",
        "examples.layout": "decode_examples encode_examples to_example_layout to_table_layout",
        "examples.payload": "ExamplesFormat",
        "examples.reader": "ExamplesReader",
        "examples.splits": "SplitRule SplitShare",
        "examples.tables": "numpy_batches pandas_batches read_numpy read_pandas read_table to_numpy",
        "examples.writer": "ExamplesWriter SplitSummary",
    }
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {name: f"penstock.{module}" for module, names in _NAMES.items() for name in names.split()},
    )
