# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
from light.component import Add, Number

from penstock.artifacts.standard import Model, ModelBlessing
from penstock.errors import PipelineError
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestBlessedModelStrategy
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.system_nodes import Importer, Resolver
from penstock.ir.document import digest, from_json, to_json
from penstock.ir.model import ValueIR


def latest() -> Resolver:
    return Resolver(
        LatestBlessedModelStrategy, model=Channel(type=Model), model_blessing=Channel(type=ModelBlessing)
    )


def pipeline() -> Pipeline:
    number = Number(RuntimeParameter("n", int, default=3)).with_retries(2).with_timeout(5).with_cache(False)
    resolver = latest()
    total = Add([number.outputs["number"]])
    total.add_upstream_node(resolver)
    return Pipeline(
        "p", components=[number, resolver, total], enable_cache=True, beam_pipeline_args=["--x=1"]
    )


def test_the_ir_survives_json() -> None:
    ir = compile_pipeline(pipeline(), project_root="/project")
    assert from_json(to_json(ir)) == ir
    assert digest(from_json(to_json(ir))) == digest(ir)


def test_runtime_parameters_stay_placeholders() -> None:
    ir = compile_pipeline(pipeline())
    assert ir.node("Number").parameters["value"] == ValueIR(runtime_parameter="n")
    assert ir.runtime_parameters["n"].default == 3


def test_options_reach_the_ir() -> None:
    ir = compile_pipeline(pipeline())
    number, total = ir.node("Number"), ir.node("Add")
    assert (number.max_retries, number.timeout_seconds, number.enable_cache) == (2, 5, False)
    assert total.enable_cache
    assert total.beam_pipeline_args == (ValueIR(constant="--x=1"),)
    assert total.upstream == ("Number", "Resolver")


def test_artifacts_and_metadata_go_into_the_project_by_default() -> None:
    ir = compile_pipeline(pipeline(), project_root="/project")
    assert ir.root == "/project/.penstock/pipelines/p"
    assert "/project/.penstock/metadata.db" in json.dumps(ir.metadata)


def test_a_relative_root_starts_at_the_project() -> None:
    relative = Pipeline("p", pipeline_root="artifacts", components=[Number(1)])
    assert compile_pipeline(relative, project_root="/project").root == "/project/artifacts"


def test_two_different_runtime_parameters_of_one_name_are_refused() -> None:
    nodes = [Number(RuntimeParameter("n", int, default=i)).with_id(f"n{i}") for i in (1, 2)]
    with pytest.raises(PipelineError, match="runtime parameter 'n' is declared twice"):
        compile_pipeline(Pipeline("p", components=nodes))


def test_a_class_inside_a_function_is_refused() -> None:
    class Local(Number):
        pass

    with pytest.raises(PipelineError, match="inside a function"):
        compile_pipeline(Pipeline("p", components=[Local(1)]))


def test_an_ir_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    document = json.loads(to_json(compile_pipeline(pipeline())))
    document["schema_version"] = 99
    with pytest.raises(PipelineError, match="written by a newer Penstock"):
        from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}'])
def test_something_else_than_an_ir_is_refused(text: str) -> None:
    with pytest.raises(PipelineError):
        from_json(text)


def damaged(**node: object) -> str:
    document = json.loads(to_json(compile_pipeline(pipeline())))
    document["nodes"][-1].update(node)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (damaged(upstream=["Number", "nowhere"]), "Add comes before nowhere, or nowhere is missing"),
        (damaged(id="Number"), "two nodes have the id 'Number'"),
        (damaged(upstream=["Add"]), "Add comes before Add"),
        (
            damaged(inputs={"numbers": {"channels": [{"type": "Integer", "producer": "x", "output": "y"}]}}),
            "Add comes before x",
        ),
    ],
)
def test_an_ir_whose_nodes_have_no_order_is_refused(document: str, message: str) -> None:
    with pytest.raises(PipelineError, match=f"the IR is damaged: {message}"):
        from_json(document)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (latest().with_retries(2), "Resolver: Resolver takes no max_retries; .*are for components"),
        (latest().with_cache(True).with_timeout(3), "Resolver takes no enable_cache, timeout_seconds"),
        (Importer("/x", Model).with_beam_pipeline_args(["--x"]), "Importer takes no beam_pipeline_args"),
    ],
)
def test_options_of_an_executor_are_for_nodes_that_have_one(node: Resolver | Importer, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        compile_pipeline(Pipeline("p", components=[node]))


@pytest.mark.parametrize(
    ("given", "hint"), [(pipeline, r"pipeline\(\) makes one"), ([Number()], ""), (None, "")]
)
def test_something_else_than_a_pipeline_is_refused(given: object, hint: str) -> None:
    with pytest.raises(PipelineError, match=f"no pipeline; expected: a Pipeline; got: .*{hint}"):
        compile_pipeline(given)  # type: ignore[arg-type]
