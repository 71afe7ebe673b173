# SPDX-License-Identifier: Apache-2.0
"""PyTorch modules, saved by Penstock and by PyTorch itself, predict what the bare module predicts."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, ParameterError
from penstock.models import LoadOptions, Signature, TensorSpec, describe, load, recognise, save

pytestmark = pytest.mark.pytorch
torch = pytest.importorskip("torch")

NETWORKS = """
import torch

class Net(torch.nn.Module):
    def __init__(self, features=3, hidden=4):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(features, hidden), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(hidden, 1)
        )

    def forward(self, x):
        return self.layers(x)

class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(10, 2)
        self.out = torch.nn.Linear(3, 1)

    def forward(self, word, size):
        both = torch.cat([self.words(word), size[:, None]], dim=1)
        return {"score": self.out(both)[:, 0], "vector": both}

class Boxes(torch.nn.Module):
    def forward(self, x):
        return [{"score": row.sum(), "box": row[: 1 + index % 2]} for index, row in enumerate(x)]
"""


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module file of a project, imported as a training imports it: by its name, its folder on the path."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "penstock_test_networks.py").write_text(NETWORKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(folder))
    import penstock_test_networks  # type: ignore[import-not-found]  # written above

    torch.manual_seed(0)
    yield penstock_test_networks
    for name in ("penstock_test_networks", "modules.penstock_test_networks"):
        sys.modules.pop(name, None)


def batch(rows: int = 5) -> pa.RecordBatch:
    values = np.random.default_rng(0).random((rows, 3), dtype=np.float32)
    return pa.RecordBatch.from_arrays([*(pa.array(values[:, i]) for i in range(3))], ["a", "b", "c"])


def stacked(rows: pa.RecordBatch) -> Any:
    return torch.from_numpy(np.stack([column.to_numpy() for column in rows.columns], axis=1))


def bare(module: Any, *tensors: Any, **named: Any) -> Any:
    module.eval()
    with torch.no_grad():
        return module(*tensors, **named)


def equal(found: Mapping[str, Any], expected: Any, name: str = "output") -> bool:
    return bool(np.allclose(found[name], expected.numpy(), atol=1e-6))


@pytest.mark.parametrize(
    ("way", "file"), [({}, "model.pt"), ({"scripted": True}, "model.pt"), ({"exported": True}, "model.pt2")]
)
def test_a_module_is_saved_and_predicts_the_same(
    networks: Any, tmp_path: Path, way: dict[str, Any], file: str
) -> None:
    module = networks.Net(hidden=8).train()

    info = save(module, tmp_path / "model", inputs=["a", "b", "c"], params={"hidden": 8}, **way)

    assert module.training  # as it was
    assert (tmp_path / "model" / file).is_file()
    assert getattr(recognise(str(tmp_path / "model")), "name", None) == "pytorch"
    assert describe(str(tmp_path / "model")) == info
    assert info.library_version == torch.__version__
    assert str(info.signature) == (
        "serving_default(a: float32[?], b: float32[?], c: float32[?]) -> (output: float32[?, 1])"
    )
    predictor = load(str(tmp_path / "model"))
    for rows in (1, 2, 5, 4096):
        assert equal(predictor.predict(batch(rows)), bare(module, stacked(batch(rows))))
    assert predictor.device == "cpu"
    assert predictor.size_bytes == 4 * (3 * 8 + 8 + 8 + 1)


def test_the_class_is_found_from_the_root_of_the_project(
    networks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"])
    facts = json.loads((tmp_path / "model" / "penstock_model.json").read_text())["facts"]
    assert facts["class"] == ["modules.penstock_test_networks.Net", "penstock_test_networks.Net"]

    sys.modules.pop("penstock_test_networks")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not entry.endswith("modules")])

    assert load(str(tmp_path / "model")).predict(batch())["output"].shape == (5, 1)


def test_a_class_that_is_gone_is_named_with_what_to_do(networks: Any, tmp_path: Path) -> None:
    save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"])
    descriptor = tmp_path / "model" / "penstock_model.json"
    descriptor.write_text(descriptor.read_text().replace(".Net", ".Gone"))
    with pytest.raises(DataError, match=r"cannot be imported.*penstock_test_networks.Gone.*exported=True"):
        load(str(tmp_path / "model"))


def test_tensors_by_name_and_several_outputs(networks: Any, tmp_path: Path) -> None:
    module = networks.Two()
    rows = pa.RecordBatch.from_arrays(
        [pa.array([1, 2, 9], pa.int64()), pa.array([0.5, 1.0, 2.0], pa.float32())], ["word", "size"]
    )

    info = save(module, tmp_path / "model", example=rows)

    assert str(info.signature) == (
        "serving_default(word: int64[?], size: float32[?]) -> (score: float32[?], vector: float32[?, 3])"
    )
    expected = bare(module, torch.tensor([1, 2, 9]), torch.tensor([0.5, 1.0, 2.0]))
    found = load(str(tmp_path / "model")).predict(rows)
    assert equal(found, expected["score"], "score")
    assert equal(found, expected["vector"], "vector")


def test_named_tensors_are_exported_too(networks: Any, tmp_path: Path) -> None:
    rows = pa.RecordBatch.from_arrays(
        [pa.array([1, 2, 9], pa.int64()), pa.array([0.5, 1.0, 2.0], pa.float32())], ["word", "size"]
    )
    module = networks.Two()
    save(module, tmp_path / "model", example=rows, exported=True)
    expected = bare(module, torch.tensor([1, 2, 9]), torch.tensor([0.5, 1.0, 2.0]))
    assert equal(load(str(tmp_path / "model")).predict(rows), expected["score"], "score")


def test_an_example_tensor_and_names_of_outputs(networks: Any, tmp_path: Path) -> None:
    info = save(
        networks.Net(),
        tmp_path / "model",
        inputs=["a", "b", "c"],
        outputs=["price"],
        example=torch.ones(4, 3),
    )
    assert [spec.name for spec in (info.signature or Signature()).outputs] == ["price"]
    assert list(load(str(tmp_path / "model")).predict(batch())) == ["price"]


def test_a_list_with_an_entry_a_row_becomes_columns(networks: Any, tmp_path: Path) -> None:
    from penstock.models.pytorch.predictor import named_outputs

    found = named_outputs(bare(networks.Boxes(), torch.arange(6.0).reshape(2, 3)), [], 2)

    assert found["score"].tolist() == [3.0, 12.0]
    assert found["box"].to_pylist() == [[0.0], [3.0, 4.0]]


def test_what_torch_saves_by_itself(networks: Any, tmp_path: Path) -> None:
    module = networks.Net().eval()
    torch.save(module.state_dict(), tmp_path / "state.pt")
    torch.save({"epoch": 3, "model_state_dict": module.state_dict()}, tmp_path / "checkpoint.pth")
    torch.save(module.state_dict(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    torch.jit.script(module).save(str(tmp_path / "script.pt"))
    rows = torch.export.Dim("rows")
    program = torch.export.export(module, (torch.zeros(4, 3),), dynamic_shapes=({0: rows},))
    torch.export.save(program, tmp_path / "program.pt2")
    names = ("a", "b", "c")
    state = LoadOptions(features=names, arguments={"class": "modules.penstock_test_networks.Net"})

    for file in ("state.pt", "checkpoint.pth", "old.pt", "script.pt", "program.pt2"):
        options = LoadOptions(features=names) if file in ("script.pt", "program.pt2") else state
        found = load(str(tmp_path / file), options=options).predict(batch())
        assert equal(found, bare(module, stacked(batch()))), file


def test_without_features_a_file_takes_what_forward_takes(networks: Any, tmp_path: Path) -> None:
    module = networks.Net().eval()
    torch.jit.script(module).save(str(tmp_path / "script.pt"))
    torch.export.save(torch.export.export(module, (torch.zeros(2, 3),)), tmp_path / "program.pt2")
    values = pa.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], pa.list_(pa.float32()))
    rows = pa.RecordBatch.from_arrays([values], ["x"])

    for file in ("script.pt", "program.pt2"):
        predictor = load(str(tmp_path / file))
        assert [spec.name for spec in predictor.signature.inputs] == ["x"]
        expected = bare(module, torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
        assert equal(predictor.predict(rows), expected), file


def test_a_state_dict_alone_says_what_is_missing(networks: Any, tmp_path: Path) -> None:
    torch.save(networks.Net().state_dict(), tmp_path / "state.pt")
    with pytest.raises(ParameterError, match=r"does not say of which class.*loader_arguments: \{class:"):
        load(str(tmp_path / "state.pt"))


def test_whole_modules_are_refused_unless_trusted(networks: Any, tmp_path: Path) -> None:
    module = networks.Net()
    torch.save(module, tmp_path / "whole.pt")
    with pytest.raises(ParameterError, match="runs whatever code the file holds.*say trusted"):
        load(str(tmp_path / "whole.pt"), options=LoadOptions(features=("a", "b", "c")))

    options = LoadOptions(trusted=True, features=("a", "b", "c"))
    found = load(str(tmp_path / "whole.pt"), options=options).predict(batch())
    assert equal(found, bare(module, stacked(batch())))


class Harmful:
    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self) -> Any:
        return open, (self.marker, "w")


def test_an_exported_program_with_code_in_its_samples_is_refused_before_the_code_runs(
    networks: Any, tmp_path: Path
) -> None:
    import zipfile

    program = torch.export.export(networks.Net().eval(), (torch.zeros(2, 3),))
    torch.export.save(program, tmp_path / "good.pt2")
    torch.save(Harmful(tmp_path / "marker"), tmp_path / "harmful.pt")
    with zipfile.ZipFile(tmp_path / "good.pt2") as good, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as bad:
        for name in good.namelist():
            samples = name.endswith("sample_inputs/model.pt")
            bad.writestr(name, (tmp_path / "harmful.pt").read_bytes() if samples else good.read(name))

    with pytest.raises(ParameterError, match="the part .*sample_inputs/model.pt of the exported program"):
        load(str(tmp_path / "bad.pt2"))
    assert not (tmp_path / "marker").exists()


def test_params_that_do_not_make_the_module_are_told_when_it_is_saved(networks: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"made with these params is not the module.*params={'hidden': 64}"):
        save(networks.Net(hidden=8), tmp_path / "model", inputs=["a", "b", "c"])
    with pytest.raises(DataError, match=r"Net\(\*\*params\) fails"):
        save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"], params={"width": 1})


def test_a_class_that_no_one_can_import_is_refused(tmp_path: Path) -> None:
    class Local(torch.nn.Linear):  # type: ignore[name-defined]  # mypy has no torch
        pass

    with pytest.raises(ParameterError, match="cannot be imported by others.*exported=True"):
        save(Local(1, 1), tmp_path / "model", inputs=["a"], params={"in_features": 1, "out_features": 1})


def test_inputs_that_do_not_fit_are_told_when_it_is_saved(networks: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not take zeros of its signature.*cannot be multiplied"):
        save(networks.Net(), tmp_path / "model", inputs=["a", "b"])
    with pytest.raises(ParameterError, match="does not say what it takes"):
        save(networks.Net(), tmp_path / "model")


def test_rows_that_the_module_refuses(networks: Any, tmp_path: Path) -> None:
    signature = Signature(
        inputs=(TensorSpec("word", "int64", (None,)), TensorSpec("size", "float32", (None,)))
    )
    save(networks.Two(), tmp_path / "model", signature=signature)
    rows = pa.RecordBatch.from_arrays([pa.array([1, 99]), pa.array([1.0, 1.0])], ["word", "size"])
    with pytest.raises(DataError, match=r"module Two refused the rows.*index out of range"):
        load(str(tmp_path / "model")).predict(rows)


def test_devices(networks: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"])
    if torch.cuda.is_available():
        assert load(str(tmp_path / "model")).device == "cuda:0"
        return
    with pytest.raises(ParameterError, match="no device 'cuda:1'"):
        load(str(tmp_path / "model"), options=LoadOptions(device="cuda:1"))
    with caplog.at_level(logging.WARNING):
        assert load(str(tmp_path / "model"), options=LoadOptions(device="gpu")).device == "cpu"
    assert caplog.text.count("finds no GPU") == 1


def test_damaged_files(networks: Any, tmp_path: Path) -> None:
    save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"], scripted=True)
    path = tmp_path / "model" / "model.pt"
    content = path.read_bytes()
    for damaged in (b"", b"text", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="model.pt"):
            load(str(tmp_path / "model"))
    path.unlink()
    with pytest.raises(DataError, match="lacks its file"):
        load(str(tmp_path / "model"))


def test_gradients_are_not_recorded_and_dropout_is_off(networks: Any, tmp_path: Path) -> None:
    save(networks.Net(), tmp_path / "model", inputs=["a", "b", "c"])
    predictor = load(str(tmp_path / "model"), options=LoadOptions(threads=1))
    assert torch.get_num_threads() == 1
    first, second = (predictor.predict(batch())["output"] for _ in range(2))
    assert (first == second).all()
