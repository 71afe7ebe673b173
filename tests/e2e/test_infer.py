# SPDX-License-Identifier: Apache-2.0
"""``penstock infer`` as a user calls it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from graph_project import infer, make_graph_project, models_text, output, rows_of, save_model
from projects import Project

from penstock.artifacts.standard import Model, ModelBlessing
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution

pytestmark = pytest.mark.e2e

GRAPH = f"""
key: id
source: rows.csv
{models_text("two", "five")}
steps:
  a: {{model: two}}
  b: {{model: five}}
  both: {{from: [a, b]}}
sinks:
  - {{path: out, format: csv, columns: [id, a_prediction, b_prediction]}}
"""
ONE = f"key: id\nsource: rows.csv\n{models_text('two')}steps: {{one: {{model: two}}}}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_graph_project(tmp_path_factory.mktemp("infer") / "project", rows=1000)


@pytest.fixture
def project(made: Project) -> Iterator[Project]:
    yield made
    for name in (".penstock", "out"):
        shutil.rmtree(made.root / name, ignore_errors=True)


def test_a_graph_runs_records_and_delivers(project: Project) -> None:
    project.write("graph.yaml", GRAPH)
    ended = project.process("infer", "graph.yaml")
    assert ended.code == 0, ended.err
    assert ended.states() == {"Model-two": "ran", "Model-five": "ran", "GraphInferrer": "ran"}
    assert re.search(r"by two \(model (1|2)\), five \(model (?!\1)[12]\), 1,000 to", ended.out)
    lines = (project.root / "out" / "part-00000-of-00001.csv").read_text().splitlines()
    assert lines[0] == '"id","a_prediction","b_prediction"'
    assert len(lines) == 1001
    assert lines[4].startswith('"r3",')
    assert [float(value) for value in lines[4].split(",")[1:]] == pytest.approx([6, 15], abs=1e-2)
    project.check_tidy("graph")

    lineage = project.process("lineage", "GraphInferrer.inference_result")
    assert lineage.code == 0, lineage.err
    for name in ("models/two", "models/five"):
        assert f"{project.root}/{name}" in lineage.out
    assert "GraphInferrer: rows.csv\n" in lineage.out
    shown = project.process("show", "latest")
    assert shown.code == 0
    assert "GraphInferrer" in shown.out
    listed = project.process("runs", "--json")
    assert [run["pipeline"] for run in listed.json] == ["graph"]


def test_no_framework_is_loaded_but_the_models_own(project: Project) -> None:
    project.write(
        "looking.py",
        "import sys\nfrom pathlib import Path\nimport pyarrow as pa\n"
        "def look(batch):\n"
        "    Path('modules.txt').write_text('\\n'.join(sys.modules))\n"
        "    return pa.RecordBatch.from_arrays([batch.column('x')], ['seen'])\n",
    )
    project.write(
        "look.yaml",
        ONE.replace("{one: {model: two}}", "{one: {model: two}, look: {from: one, function: looking.look}}"),
    )
    ended = project.process("infer", "look.yaml")
    assert ended.code == 0, ended.err
    loaded = set((project.root / "modules.txt").read_text().split())
    assert {"sklearn", "apache_beam"} <= loaded
    assert not loaded & {"tensorflow", "keras", "tf_keras", "tfx_bsl", "torch", "xgboost", "onnxruntime"}


def test_a_dry_run_tells_everything_and_runs_nothing(project: Project) -> None:
    project.write("graph.yaml", GRAPH + '  - {bigquery: "project:data.table", columns: [id, a_prediction]}\n')
    ended = project.cli("infer", "graph.yaml", "--dry-run")
    assert ended.code == 0, ended.err
    for line in (
        "pipeline graph: nothing was run",
        f"source: 1 file: {project.root}/rows.csv",
        "  two: sklearn; serving_default(x: ",
        "  both: brings rows together, from a, b",
        "sink out gets the rows of both:",
        "  id: string",
        '      "name": "a_prediction",',
    ):
        assert line in ended.out
    assert not project.metadata.exists()
    assert not (project.root / "out").exists()
    told = project.cli("infer", "graph.yaml", "--dry-run", "--json").json
    assert told["models"]["five"]["uri"] == f"{project.root}/models/five"
    schema = json.loads(told["sinks"][1]["gets"])
    assert [(column["name"], column["type"]) for column in schema] == [
        ("id", "STRING"),
        ("a_prediction", "FLOAT"),
    ]


def test_parameters_and_places_are_given_on_the_command_line(project: Project) -> None:
    project.write("few.csv", "id,x\na,1.0\n")
    text = "parameters: {rows: rows.csv}\n" + ONE.replace("source: rows.csv", "source: ${rows}")
    ended = infer(
        project, text, "--json", "--param", "rows=few.csv", "--run-id", "mine",
        "--metadata", project.root / "else" / "m.db", "--pipeline-root", project.root / "else" / "root",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.json["run_id"] == "mine"
    assert ended.json["build_parameters"] == {"rows": "few.csv"}
    result = output(project, ended, "inference_result")
    assert result.startswith(str(project.root / "else" / "root"))
    assert [row["id"] for row in rows_of(result)] == ["a"]
    assert (project.root / "else" / "m.db").exists()
    assert not project.metadata.exists()


def test_paths_and_functions_are_the_projects_wherever_one_stands(project: Project, tmp_path: Path) -> None:
    text = ONE.replace(
        "{one: {model: two}}", "{f: {filter: graph_functions.even}, one: {from: f, model: two}}"
    )
    project.write("configs/far.yaml", text)
    elsewhere = Project(tmp_path / "elsewhere")
    ended = elsewhere.process("infer", project.root / "configs" / "far.yaml", "--json")
    assert ended.code == 0, ended.err
    assert len(rows_of(output(project, ended, "inference_result"))) == 500
    assert not elsewhere.metadata.exists()


# ----------------------------------------------------------------------------------------- models of another pipeline


def publish(project: Project, factor: float, blessed: int | None, node: str = "Trainer") -> int:
    """Records a model as a run of the pipeline ``taxi`` would, and a verdict on it; returns its id."""
    with project.store() as store:
        number = len(list(store.newest_artifacts("Model"))) + 1
        uri = project.root / "taxi" / str(number)
        shutil.rmtree(uri, ignore_errors=True)
        save_model(uri / "Format-Serving", factor)
        run = f"run-{number}"
        store.begin_run("taxi", run, {"state": "COMPLETE"})

        def record(name: str, key: str, artifact: Model | ModelBlessing) -> int:
            new = NewExecution(type=name, name=f"{name}{number}", pipeline="taxi", run_id=run, node_id=name)
            execution = store.start_execution(new, Owner.current())
            made = store.finish_execution(execution.id, "COMPLETE", {key: [artifact]}, {})
            return made[key][0].id

        model = record(node, "model", Model(str(uri)))
        if blessed is not None:
            verdict = project.root / "taxi" / f"blessing-{number}"
            verdict.mkdir(exist_ok=True)
            properties = {"blessed": blessed, "current_model_id": model}
            record("Evaluator", "blessing", ModelBlessing(str(verdict), custom_properties=properties))
        return model


@pytest.mark.parametrize(
    ("select", "chosen"),
    [("", 0), ("select: blessed", 0), ("select: newest", 1), ("node: Tuner, select: newest", 2)],
)
def test_the_model_of_a_pipeline_is_chosen_and_needs_no_trust(
    project: Project, select: str, chosen: int
) -> None:
    published = [publish(project, 2, 1), publish(project, 5, 0), publish(project, 7, None, "Tuner")]
    if chosen == 1:
        published.append(publish(project, 9, 0))
        chosen = 3
    text = ONE.replace("{path: models/two, trusted: true}", f"{{pipeline: taxi, {select}}}")
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    rows = rows_of(output(project, ended, "inference_result"))
    factor = {0: 2, 2: 7, 3: 9}[chosen]
    assert rows[10]["prediction"] == pytest.approx(10 * factor, abs=1e-2)
    assert rows[10]["model_id"] == published[chosen]
    assert rows[10]["model_version"].startswith("run-")


def test_a_model_may_be_chosen_by_its_id(project: Project) -> None:
    first = publish(project, 2, 1)
    publish(project, 5, 1)
    text = ONE.replace("{path: models/two, trusted: true}", f"{{pipeline: taxi, select: {first}}}")
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    assert rows_of(output(project, ended, "inference_result"))[1]["model_id"] == first


def test_a_dry_run_finds_the_models_of_pipelines(project: Project) -> None:
    publish(project, 2, 0)
    chosen = publish(project, 5, 1)
    project.write("graph.yaml", ONE.replace("{path: models/two, trusted: true}", "{pipeline: taxi}"))
    told = project.cli("infer", "graph.yaml", "--dry-run", "--json")
    assert told.code == 0, told.err
    model = told.json["models"]["two"]
    assert (model["artifact_id"], model["flavor"]) == (chosen, "sklearn")
    assert f"artifact {chosen}, version run-" in project.cli("infer", "graph.yaml", "--dry-run").out


def test_the_code_of_functions_is_in_the_lineage(project: Project) -> None:
    text = ONE.replace(
        "{one: {model: two}}", "{f: {filter: graph_functions.even}, one: {from: f, model: two}}"
    )
    assert infer(project, text).code == 0
    lineage = project.cli("lineage", "GraphInferrer.inference_result").out
    assert re.search(r"code +GraphInferrer: graph_functions.even  sha256 [0-9a-f]{12}", lineage), lineage


# ---------------------------------------------------------------------------------------------------------- bad input


def test_a_mistake_in_the_file_is_a_wrong_call(project: Project) -> None:
    project.write("graph.yaml", ONE.replace("model: two}", "model: tow}"))
    ended = project.process("infer", "graph.yaml")
    assert ended.code == 2
    assert (
        "graph.yaml:5: step 'one' uses model 'tow', which is not given; what to do: did you mean 'two'?"
        in ended.err
    )
    assert ended.out == ""
    assert not project.metadata.exists()


@pytest.mark.parametrize(
    ("before", "after", "code", "message"),
    [
        ("source: rows.csv\n", "", 2, "there is nothing to read"),
        ("source: rows.csv", "source: none.csv", 1, "the source none.csv has no files"),
        ("models/two", "models/none", 1, "nothing to import"),
        ("models/two", "modules", 1, "model 'two': .*holds no model of a known flavor"),
        ("{path: models/two, trusted: true}", "models/two", 1, "trusted"),
        ("{path: models/two, trusted: true}", "{pipeline: taxi}", 2, "there is no metadata store"),
        ("key: id", "key: idd", 1, "the source has no column 'idd'.*did you mean 'id'"),
        ("{one: {model: two}}", "{one: {model: {name: two, inputs: {x: y}}}}", 1, "step 'one' have no column 'y'"),
        ("{one: {model: two}}", "{one: {model: {name: two, inputs: {z: x}}}}", 1, "model 'two' has no input 'z'"),
        ("{one: {model: two}}", "{one: {model: {name: two, signature: s}}}", 1, "model 'two' has no signature 's'"),
        ("key: id", "name: a b\nkey: id", 2, "the pipeline's name is not usable"),
        ("key: id", "key: id\nsinks: [{url: 'sqlite:///${NOT_SET_AT_ALL}', table: t}]", 1, "NOT_SET_AT_ALL"),
        ("key: id", "key: id\nsinks: [{path: rows.csv}]", 1, "rows.csv"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told_in_one_error(
    project: Project, before: str, after: str, code: int, message: str
) -> None:
    (project.root / "modules").mkdir(exist_ok=True)
    ended = infer(project, ONE.replace(before, after))
    assert ended.code == code, ended.err
    assert re.search(message, ended.err, re.DOTALL), ended.err
    assert ended.error.message


def test_a_pipeline_that_has_blessed_nothing_is_named(project: Project) -> None:
    publish(project, 2, 0)
    ended = infer(project, ONE.replace("{path: models/two, trusted: true}", "{pipeline: taxi}"))
    assert ended.code == 1
    assert ended.error.message.endswith(
        "graph.yaml:4: model 'two' is not there: pipeline taxi has no blessed model"
    )
    ended = infer(project, ONE.replace("{path: models/two, trusted: true}", "{pipeline: texi}"))
    assert ended.code == 1
    assert "pipeline texi has no blessed model" in ended.error.message
    assert ended.error["got"] == "pipelines that have run: taxi"


def test_a_source_without_rows_gives_results_without_rows(project: Project) -> None:
    project.write("empty.csv", "id,x\n")
    ended = infer(project, ONE.replace("rows.csv", "empty.csv"), "--json")
    assert ended.code == 0, ended.err
    assert rows_of(output(project, ended, "inference_result")) == []


def test_rows_with_missing_values_go_to_the_dead_letters(project: Project) -> None:
    project.write("holes.csv", "id,x\na,1.0\nb,\nc,3.0\n")
    text = ONE.replace("rows.csv", "holes.csv") + "max_failed_fraction: 0.4\n"
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    assert [row["id"] for row in rows_of(output(project, ended, "inference_result"))] == ["a", "c"]
    assert [row["key"] for row in rows_of(output(project, ended, "dead_letters"))] == ["b"]


def test_a_run_that_failed_goes_on_with_resume(project: Project) -> None:
    project.write("late.py", "def keep(batch):\n    raise ValueError('not yet')\n")
    text = ONE.replace("{one: {model: two}}", "{f: {filter: late.keep}, one: {from: f, model: two}}")
    assert infer(project, text, "--run-id", "mine").code == 1
    project.write("late.py", "def keep(batch):\n    return [True] * batch.num_rows\n")
    ended = infer(project, text, "--resume", "mine", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["run_id"] == "mine"
    assert len(rows_of(output(project, ended, "inference_result"))) == 1000
    assert project.cli("infer", "graph.yaml", "--resume", "mine", "--run-id", "other").code == 2
    none = project.cli("infer", "graph.yaml", "--resume", "never")
    assert none.code != 0
    assert "never" in none.error.message


def test_a_missing_file_of_settings_is_named(project: Project) -> None:
    assert project.cli("infer", "none.yaml").code == 2
    project.write("graph.yaml", ONE)
    ended = project.cli("infer", "graph.yaml", "--beam", str(Path("none.yaml")))
    assert ended.code == 2
    assert "none.yaml cannot be read" in ended.error.message
