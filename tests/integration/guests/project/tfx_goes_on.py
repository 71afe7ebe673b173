# SPDX-License-Identifier: Apache-2.0
"""TFX's own runner goes on with what Penstock has written: it takes the latest examples and computes statistics."""

import sys

from tfx import v1 as tfx


def main(store: str, root: str) -> None:
    latest = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        examples=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples),
    ).with_id("latest_examples")
    statistics_gen = tfx.components.StatisticsGen(examples=latest.outputs["examples"]).with_id(
        "StatisticsAgain"
    )
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="shared",
            pipeline_root=root,
            metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(store),
            components=[latest, statistics_gen],
            beam_pipeline_args=["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"],
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
