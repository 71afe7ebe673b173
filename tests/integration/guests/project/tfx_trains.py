# SPDX-License-Identifier: Apache-2.0
"""TFX's own runner writes a store: examples, two models, of which the first is the last that was blessed."""

import sys

from theirs.models import Bless, Train

from tfx import v1 as tfx


def main(data_root: str, store: str, root: str) -> None:
    for text, blessed in (("first", 1), ("second", 0)):
        example_gen = tfx.components.CsvExampleGen(input_base=data_root)
        train = Train(examples=example_gen.outputs["examples"], text=text)
        bless = Bless(model=train.outputs["model"], blessed=blessed)
        tfx.orchestration.LocalDagRunner().run(
            tfx.dsl.Pipeline(
                pipeline_name="shared",
                pipeline_root=root,
                metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
                    store
                ),
                components=[example_gen, train, bless],
                beam_pipeline_args=["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"],
            )
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
