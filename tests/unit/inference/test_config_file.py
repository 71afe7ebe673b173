# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import UsageError
from penstock.inference.config_file import InferenceFile, ModelSource, read_inference_config
from penstock.inference.spec import (
    FilterStep,
    FunctionStep,
    LookupStep,
    ModelSettings,
    ModelStep,
    SinkSpec,
    SourceSpec,
    SplitStep,
    Step,
    VoteStep,
)

FULL = """\
name: nightly
key: id
carry: name
source: {files: data/*.csv, format: csv}
models:
  old: models/old
  new: {pipeline: taxi, node: Trainer, select: newest, batch_rows: 512, timeout_seconds: 3, features: x}
  remote: {handler: vertex_ai, handler_arguments: {endpoint_id: "7"}}
steps:
  clean: {function: {name: os.path.join, arguments: {limit: 3}}}
  shared: {from: clean, split: {shares: {a: 70, b: 30}, by: user, salt: s}}
  first: {from: shared.a, model: old}
  second:
    from: [shared.b]
    model: {name: new, inputs: {x: y}, outputs: {p: score}, preprocess: os.path.join, postprocess: os.path.split}
  third: {model: remote, from: source}
  all: {from: [first, second]}
  few: {from: all, filter: os.path.exists}
  cities: {from: few, lookup: {url: "sqlite:///x.db", table: cities, on: zip, columns: city, missing: fail}}
  vote: {from: [cities, third], vote: {column: p, weights: {third: 2}, output: winner}}
sinks:
  - {source: vote, path: out, columns: winner}
  - {source: vote, url: "sqlite:///o.db", table: t, key: id}
max_failed_fraction: 0.25
source_rows: 1000
pipeline_root: root
metadata: meta.db
beam_pipeline_args: [--direct_num_workers=2]
enable_cache: true
"""

SHORT = """\
source: rows.csv
models:
  m: models/m
steps:
  one:
    model: m
"""


def read(folder: Path, text: str, **parameters: str) -> InferenceFile:
    path = folder / "g.yaml"
    path.write_text(text)
    return read_inference_config(path, parameters, project_root=str(folder))


def test_everything_that_a_file_may_say(tmp_path: Path) -> None:
    file = read(tmp_path, FULL)
    graph = file.graph
    assert (file.name, graph.key, graph.carry, file.source) == (
        "nightly", "id", ("name",), SourceSpec("data/*.csv", "csv"),
    )  # fmt: skip
    assert file.models == {
        "old": ModelSource("models/old"),
        "new": ModelSource(None, "taxi", "Trainer", "newest"),
        "remote": ModelSource(),
    }
    assert graph.models == {
        "old": ModelSettings(),
        "new": ModelSettings(batch_rows=512, timeout_seconds=3.0, features=("x",)),
        "remote": ModelSettings(handler="vertex_ai", handler_arguments={"endpoint_id": "7"}),
    }
    hooks = ("os.path.join", "os.path.split")
    assert graph.steps == (
        Step("clean", function=FunctionStep("os.path.join", {"limit": 3})),
        Step("shared", ("clean",), split=SplitStep({"a": 70, "b": 30}, "user", "s")),
        Step("first", ("shared.a",), model=ModelStep("old")),
        Step("second", ("shared.b",), model=ModelStep("new", {"x": "y"}, {"p": "score"}, *hooks)),
        Step("third", model=ModelStep("remote")),
        Step("all", ("first", "second")),
        Step("few", ("all",), filter=FilterStep("os.path.exists")),
        Step(
            "cities", ("few",), lookup=LookupStep("sqlite:///x.db", "cities", "zip", None, ("city",), "fail")
        ),
        Step("vote", ("cities", "third"), vote=VoteStep("p", weights={"third": 2.0}, output="winner")),
    )
    assert graph.sinks == (
        SinkSpec("vote", path="out", columns=("winner",)),
        SinkSpec("vote", url="sqlite:///o.db", table="t", key=("id",)),
    )
    assert (graph.max_failed_fraction, graph.source_rows) == (0.25, 1000)
    assert (file.pipeline_root, file.metadata, file.enable_cache) == ("root", "meta.db", True)
    assert file.beam_pipeline_args == ("--direct_num_workers=2",)


def test_the_least_that_a_file_must_say(tmp_path: Path) -> None:
    file = read(tmp_path, SHORT)
    assert (file.name, file.source, file.stream) == ("g", SourceSpec("rows.csv"), None)
    assert file.graph.steps == (Step("one", model=ModelStep("m")),)
    assert file.graph.carry is None
    assert not file.enable_cache


def test_a_file_may_be_for_a_stream_alone(tmp_path: Path) -> None:
    file = read(
        tmp_path, SHORT.replace("source: rows.csv", "stream: {folder: in, output: out, poll_seconds: 1}")
    )
    assert file.source is None
    assert file.stream is not None
    assert (file.stream.folder, file.stream.output, file.stream.poll_seconds) == ("in", "out", 1.0)


def test_a_file_may_extend_another(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SHORT)
    file = read(tmp_path, "extends: base.yaml\nmodels: {m: {batch_rows: 7, path: other}}\nkey: id\n")
    assert file.models == {"m": ModelSource("other")}
    assert file.graph.models["m"].batch_rows == 7
    assert (file.graph.key, file.source) == ("id", SourceSpec("rows.csv"))


def test_parameters_keep_their_types_and_other_variables_stay(tmp_path: Path) -> None:
    text = (
        "parameters: {day: monday, rows: 10, url: null}\n"
        "source: data/${day}/*.csv\nsource_rows: ${rows}\nmodels: {m: 'm-${HOME_OF_MODELS}-${rows}'}\n"
        "steps: {one: {model: m}}\nsinks: [{url: '${url}', table: t}]\n"
    )
    file = read(tmp_path, text, day="sunday", rows="25", url="sqlite:///${DATABASE}")
    assert file.source == SourceSpec("data/sunday/*.csv")
    assert file.graph.source_rows == 25
    assert file.models["m"].path == "m-${HOME_OF_MODELS}-25"
    assert file.graph.sinks[0].url == "sqlite:///${DATABASE}"
    assert file.parameters == {"day": "sunday", "rows": 25, "url": "sqlite:///${DATABASE}"}


def test_a_pipeline_gives_models_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_text("models: {m: {batch_rows: 3}}\nsteps: {one: {model: m}, two: {model: n}}\n")
    file = read_inference_config(path, given=["m", "n"])
    assert file.graph.models == {"m": ModelSettings(batch_rows=3)}
    with pytest.raises(UsageError, match=r"g\.yaml:2: step 'two' uses model 'n', which is not given"):
        read_inference_config(path, given=["m"])


SOURCE, PLACE, MODEL = "source: rows.csv", "  m: models/m", "    model: m"
TWO = "    model: m\n  two:\n    "
BAD = [
    ("models:\n  m: x\n", "source: a\n", r"g\.yaml:1: steps is missing"),
    ("rows.csv", "[rows.csv]", r"g\.yaml:1: source has the wrong value.*a mapping"),
    ("rows.csv", "{file: rows.csv}", r"g\.yaml:1: 'file' is not a setting.*did you mean 'files'"),
    ("rows.csv", "{files: r, format: xls}", r"g\.yaml:1: format has the wrong value.*'csv'.*'xls'"),
    (SOURCE, "key: id", "there is nothing to read.*source: …, or stream: …"),
    (SOURCE, "surce: rows.csv", r"g\.yaml:1: 'surce' is not a setting.*did you mean 'source'"),
    (SOURCE, "source: r\nstream: {output: o}", r"g\.yaml:2: a stream has one source.*got: none"),
    (SOURCE, "source: r\nstream: {output: o, folder: f, poll_seconds: -1}", r"g\.yaml:2: poll_seconds"),
    (SOURCE, "source: r\nstream: {folder: f}", r"g\.yaml:2: output is missing"),
    (SOURCE, "source: r\nkey: 3", r"g\.yaml:2: key has the wrong value.*text.*3"),
    (SOURCE, "source: r\nkinds: {x: number}", r"g\.yaml:2: .*expected: 'int' or 'float' or 'bytes'; got: 'number'"),
    (SOURCE, "source: r\ncarry: {a: b}", r"g\.yaml:2: carry has the wrong value.*a list"),
    (SOURCE, "source: r\nmax_failed_fraction: 2", r"g\.yaml:2: max_failed_fraction is no fraction"),
    (SOURCE, "source: r\nsource_rows: many", r"g\.yaml:2: source_rows has the wrong value.*whole"),
    (SOURCE, "source: r\nsinks: {path: o}", r"g\.yaml:2: sinks has the wrong value.*a list"),
    (SOURCE, "source: r\nsinks:\n- {pth: o}", r"g\.yaml:3: 'pth' is not a setting.*did you mean 'path'"),
    (SOURCE, "source: r\nsinks:\n- {source: two, path: o}", r"g\.yaml:3: a sink takes the rows of 'two'"),
    (SOURCE, "source: r\nsinks:\n- {path: o, format: txt}", r"g\.yaml:3: format has the wrong value"),
    (SOURCE, "source: r\nsinks:\n- {format: csv}", r"g\.yaml:3: a sink has one place.*none"),
    (PLACE, "  m: {}", r"g\.yaml:3: model 'm' comes from nowhere.*path: …, pipeline: … or handler: …"),
    (PLACE, "  m: {path: p, pipeline: taxi}", r"g\.yaml:3: model 'm' has a path and a pipeline"),
    (PLACE, "  m: {path: p, select: newest}", r"g\.yaml:3: select of model 'm' is for a pipeline"),
    (PLACE, "  m: {path: p, node: T}", r"g\.yaml:3: node of model 'm' is for a pipeline"),
    (PLACE, "  m: {pipeline: p, select: best}", r"g\.yaml:3: select has the wrong value.*or a whole number"),
    (PLACE, "  m: {pipeline: p, select: 0}", r"g\.yaml:3: select of model 'm' is no artifact.*from 1 on"),
    (PLACE, "  m:\n    path: p\n    batch_row: 3", r"g\.yaml:5: 'batch_row' .*did you mean 'batch_rows'"),
    (PLACE, "  m: {path: p, batch_rows: 0}", r"g\.yaml:3: batch_rows of model 'm' is too small"),
    (PLACE, "  m: {path: p, elements: rows}", r"g\.yaml:3: elements has the wrong value"),
    (PLACE, "  m: {path: p, trusted: 1}", r"g\.yaml:3: trusted has the wrong value.*true or false"),
    (PLACE, "  m: {pipeline: g}", r"g\.yaml:1: this has the name of pipeline g, whose models it takes"),
    (PLACE, "  m: 3", r"g\.yaml:3: this has the wrong value.*a mapping"),
    (PLACE, "  m: a\n  n: b", r"g\.yaml:4: no step uses model 'n'"),
    (PLACE, "  m: a\n  m: b", r"g\.yaml:4: 'm' is written twice"),
    (MODEL, "    model: n", r"(?s)g\.yaml:6: step 'one' uses model 'n'.*g\.yaml:3: no step uses model 'm'"),
    (MODEL, "    modle: m", r"g\.yaml:6: 'modle' is not a setting.*did you mean 'model'"),
    (MODEL, "    model: {outputs: {}}", r"g\.yaml:6: model is missing"),
    (MODEL, "    model: {name: m, ouputs: {}}", r"g\.yaml:6: 'ouputs' is not a setting"),
    (MODEL, "    model: {name: m, outputs: [a]}", r"g\.yaml:6: outputs has the wrong value.*a mapping"),
    (MODEL, "    model: m\n    from: two", r"g\.yaml:7: step 'one' comes from 'two', which is no step"),
    (MODEL, "    model: m\n    from: [one]", r"g\.yaml:7: the steps form a cycle: one -> one"),
    (MODEL, "    model: m\n    from: []", r"g\.yaml:7: step 'one' comes from nothing"),
    (MODEL, "    model: m\n    from: 3", r"g\.yaml:7: from has the wrong value.*a list.*3"),
    (MODEL, "    model: m\n    vote: {column: p}", r"g\.yaml:6: step 'one' does several things"),
    (MODEL, TWO + "split: {shares: {a: 0}}", r"g\.yaml:8: share 'a' of 'two' is not positive"),
    (MODEL, TWO + "split: {shares: {a: x}}", r"g\.yaml:8: shares.a has the wrong value.*a whole number"),
    (MODEL, TWO + "function: nowhere.clean", r"g\.yaml:8: there is no function nowhere.clean"),
    (MODEL, TWO + "function: {arguments: {}}", r"g\.yaml:8: name is missing"),
    (MODEL, TWO + "lookup: {url: u, on: k}", r"g\.yaml:8: table is missing"),
    (MODEL, TWO + "lookup: {url: u, table: t, on: k, missing: skip}", r"g\.yaml:8: missing has the wrong value"),
    (MODEL, "    model: m\n  two: model", r"g\.yaml:7: step 'two' is no mapping"),
    (MODEL, "    model: m\n  2nd: {model: m}", r"g\.yaml:7: the name of a step is not usable"),
    (MODEL, "    model: m\n  a: {from: b, model: m}\n  b: {from: a, model: m}", r"g\.yaml:[78]: the steps form"),
    (SOURCE, "source: r\nextends: none.yaml", r"the configuration .*none\.yaml cannot be read"),
    (SOURCE, "source: r\nextends: g.yaml", r"g\.yaml:2: .*g\.yaml extends itself"),
    (SOURCE, "source: r\nparameters: 3", r"g\.yaml:2: parameters is no mapping"),
    (SOURCE, "source: r\nparameters: {a: [1]}", r"g\.yaml:2: parameter 'a' is no single value"),
    (SOURCE, "source: r\nparameters: {a: null}", r"g\.yaml:2: parameter 'a' has no value.*--param a=…"),
    ("steps:", "steps: [", r"g\.yaml:\d+: this is not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "message"), BAD, ids=[message for _, _, message in BAD])
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = after if before.startswith("models:") else SHORT.replace(before, after)
    assert text != SHORT
    with pytest.raises(UsageError, match=message):
        read(tmp_path, text)


def test_parameters_that_are_wrong(tmp_path: Path) -> None:
    text = f"parameters: {{rows: 3, fast: true}}\n{SHORT}"
    with pytest.raises(UsageError, match=r"--param: .*g\.yaml has no parameter 'row'.*did you mean 'rows'"):
        read(tmp_path, text, row="3")
    with pytest.raises(UsageError, match="--param: 'rows' has the wrong type.*int.*'x'"):
        read(tmp_path, text, rows="x")
    assert read(tmp_path, text, fast="no").parameters["fast"] is False


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, SHORT.replace("    model: m", "    model: n\n    from: two"))
    told = str(caught.value)
    assert "g.yaml has 3 problems:\n  (1) " in told
    assert "g.yaml:7: step 'one' comes from 'two'" in told
    assert "g.yaml:6: step 'one' uses model 'n'" in told
    assert "g.yaml:3: no step uses model 'm'" in told
