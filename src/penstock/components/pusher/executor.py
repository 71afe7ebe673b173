# SPDX-License-Identifier: Apache-2.0
"""Executor of Pusher."""

from __future__ import annotations

from penstock import files
from penstock.components.pusher.component import (
    PusherInputs,
    PusherOutputs,
    PusherParameters,
    PusherPlan,
    PusherResult,
    PusherWork,
)
from penstock.components.pusher.versions import newest_version, push_version, version_uri
from penstock.errors import DataError
from penstock.models.registry import describe, recognise
from penstock.runtime.roles import Executor


class PusherExecutor(Executor[PusherInputs, PusherOutputs, PusherParameters, PusherPlan, PusherResult]):
    """Copies the model: into the artifact, and to its destination."""

    def execute(self, work: PusherWork) -> PusherResult:
        source, folder = work.plan.source_uri, work.plan.destination_uri
        size = files.tree_size(source) if files.is_dir(source) else 0
        if not size:
            raise DataError(
                "the model is empty",
                input="model",
                expected=f"files in {source}",
                hint="run_fn saves the model into fn_args.serving_model_dir",
            )
        model = describe(source) if recognise(source) else None
        newest = newest_version(folder)
        # A push that was killed before it was recorded has left its version: it is taken, not made again.
        there = newest is not None and _is_copy(version_uri(folder, newest), source)
        version = newest if newest is not None and there else push_version(source, folder)
        files.copy_tree(source, work.outputs.pushed_model.uri)
        return PusherResult(version, version_uri(folder, version), not there, size, model)


def _is_copy(uri: str, source: str) -> bool:
    """Says whether two folders hold the same files; contents are only read where names and sizes are the same."""
    names = [[(entry.name, entry.size) for entry in files.walk(folder)] for folder in (uri, source)]
    return names[0] == names[1] and files.digest(uri) == files.digest(source)
