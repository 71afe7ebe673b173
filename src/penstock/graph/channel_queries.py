# SPDX-License-Identifier: Apache-2.0
"""Channels of more than one node's output: unions, and the history of this or another pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError
from penstock.graph.channel import Channel, UnionChannel


def union(channels: Iterable[Channel]) -> UnionChannel:
    """Returns several channels of one type as one.

    Raises:
        PipelineError: There are none, or they have several types.
    """
    return UnionChannel(channels)


def artifact_query(
    artifact_type: type[Artifact],
    *,
    producer_component_id: str | None = None,
    output_key: str | None = None,
) -> Channel:
    """Returns a channel of the pipeline's history: what its runs have put out, for Resolvers and resolver functions.

    Args:
        artifact_type: Type of the artifacts.
        producer_component_id: Only those of the node of this id.
        output_key: Only those of this output of that node.

    Raises:
        ParameterError: ``output_key`` is given without a node.
    """
    if output_key is not None and producer_component_id is None:
        raise ParameterError(
            "output_key is that of no node",
            component="artifact_query",
            input="output_key",
            expected="producer_component_id too",
        )
    return Channel(artifact_type, producer_component_id=producer_component_id, output_key=output_key)


def external_pipeline_artifact_query(
    artifact_type: type[Artifact],
    *,
    owner: str,
    pipeline_name: str,
    producer_component_id: str,
    output_key: str,
    pipeline_run_id: str = "",
    pipeline_run_tags: Sequence[str] = (),
) -> Channel:
    """Returns a channel of another pipeline's history in the same metadata store.

    Args:
        artifact_type: Type of the artifacts.
        owner: In TFX, whose metadata store it is. Here a pipeline has one store, which is meant whatever the name.
        pipeline_name: Name of the other pipeline.
        producer_component_id: Id of its node.
        output_key: Output of that node.
        pipeline_run_id: Only what this run has put out.
        pipeline_run_tags: Runs have no tags here: must be empty.

    Raises:
        ParameterError: A name is missing, or tags are given.
    """
    given = {
        "owner": owner,
        "pipeline_name": pipeline_name,
        "producer_component_id": producer_component_id,
        "output_key": output_key,
    }
    for name, value in given.items():
        if not isinstance(value, str) or not value:
            raise ParameterError(
                f"{name} is missing",
                component="external_pipeline_artifact_query",
                expected="text",
                got=repr(value),
            )
    if pipeline_run_tags:
        raise ParameterError(
            "runs have no tags here",
            component="external_pipeline_artifact_query",
            input="pipeline_run_tags",
            got=repr(list(pipeline_run_tags)),
            hint="choose by pipeline_run_id, or with latest_pipeline_run_outputs",
        )
    return Channel(
        artifact_type,
        pipeline=pipeline_name,
        node=producer_component_id,
        output_key=output_key,
        run=pipeline_run_id or None,
    )
