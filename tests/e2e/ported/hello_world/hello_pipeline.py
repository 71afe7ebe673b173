# SPDX-License-Identifier: Apache-2.0
"""A pipeline with HelloComponent, run by LocalDagRunner when the file is run."""

import os

import penstock as tfx
from hello_component import component
from penstock.orchestration import metadata, pipeline
from penstock.orchestration.local.local_dag_runner import LocalDagRunner


def _create_pipeline(pipeline_name: str, pipeline_root: str, data_root: str, metadata_path: str):
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)
    hello = component.HelloComponent(input_data=example_gen.outputs["examples"], name="HelloWorld")
    again = component.HelloComponent(input_data=hello.outputs["output_data"], name="again").with_id("Again")
    return pipeline.Pipeline(
        pipeline_name=pipeline_name,
        pipeline_root=pipeline_root,
        components=[example_gen, hello, again],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(metadata_path),
    )


if __name__ == "__main__":
    LocalDagRunner().run(
        _create_pipeline(
            pipeline_name="hello",
            pipeline_root=os.environ["PIPELINE_ROOT"],
            data_root=os.environ["DATA_ROOT"],
            metadata_path=os.environ["METADATA_PATH"],
        )
    )
