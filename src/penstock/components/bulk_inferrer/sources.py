# SPDX-License-Identifier: Apache-2.0
"""Which splits are predicted, and what is known of their features without reading them through."""

from __future__ import annotations

from collections.abc import Sequence

from penstock import files
from penstock.artifacts.standard import Examples
from penstock.components.bulk_inferrer.component import SplitFiles
from penstock.examples.kinds import FEATURES_FILE, FeatureSet
from penstock.inference.column_flow import UNKNOWN, Column, Columns
from penstock.inference.job import SourceFiles
from penstock.inference.sources import data_files, known_columns, split_folders
from penstock.messages.bulk_inferrer import DataSpec

_PARQUET = ".parquet"


def split_files(examples: Sequence[Examples], data_spec: DataSpec) -> tuple[SplitFiles, ...]:
    """Returns the splits that are predicted, in the order of ``data_spec``, or else of the examples.

    Raises:
        ParameterError: ``data_spec`` names one that there is not.
    """
    folders = split_folders(examples, data_spec.example_splits)
    return tuple(SplitFiles(name, found) for name, found in folders.items())


def known_features(splits: Sequence[SplitFiles]) -> Columns:
    """Returns the features of splits as far as the beginning or end of their files, or a file beside them, tells."""
    found = [shard for split in splits for shard in data_files(split.folders)]
    if not found or all(shard.endswith(_PARQUET) for shard in found):
        return known_columns(SourceFiles(tuple(found), "parquet")) if found else UNKNOWN
    known: dict[str, Column] = {}
    for folder in dict.fromkeys(f.rpartition("/")[0] for split in splits for f in split.folders):
        path = files.join(folder, FEATURES_FILE)
        if not files.exists(path):
            return UNKNOWN
        with files.storage_errors("read", path), files.open(path) as file:
            features = FeatureSet.from_json(file.read())
        known.update(
            {feature.name: Column(kind=feature.kind, is_list=feature.is_list) for feature in features}
        )
    return Columns(known)
