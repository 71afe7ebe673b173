# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import fsspec
import pytest

from penstock.errors import DataError, DependencyError, ParameterError, StorageError
from penstock.models import Flavor, ModelInfo, Signature, TensorSpec, describe, registry, save, saving
from penstock.models.descriptor import FILE_NAME, Descriptor
from penstock.models.request import SaveRequest

SIGNATURE = Signature("serving_default", (TensorSpec("x", "float32", (None,)),))


class Base:
    pass


class Model(Base):
    pass


@pytest.fixture
def saver(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A flavor whose models are instances of Base, and the module that its saver is looked up in."""
    module = types.ModuleType("fake_saver")
    monkeypatch.setitem(__import__("sys").modules, "fake_saver", module)
    flavor = Flavor(
        "sklearn",
        ("*.fake",),
        "fakelib",
        "fake",
        classes=(f"{Base.__module__}.Base",),
        saver="fake_saver:save",
    )
    monkeypatch.setattr(registry, "FLAVORS", (flavor, *registry.FLAVORS))
    monkeypatch.setattr(saving, "FLAVORS", (flavor, *registry.FLAVORS))
    module.save = write  # type: ignore[attr-defined]
    return module


def write(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    request.check_options("sklearn", "level")
    (folder / "model.fake").write_text(
        repr((request.inputs, request.outputs, request.example, dict(request.options)))
    )
    return Descriptor("sklearn", (request.signature or SIGNATURE,), "9", "model.fake")


def test_the_saver_of_a_base_class_writes_and_the_descriptor_follows(
    saver: types.ModuleType, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    info = save(Model(), folder, inputs=["a", "b"], outputs=("c",), example=[1], level=3)
    assert info == describe(str(folder)) == ModelInfo("sklearn", (SIGNATURE,), "9")
    assert (folder / "model.fake").read_text() == "(('a', 'b'), ('c',), [1], {'level': 3})"


def test_any_file_system_takes_a_model(saver: types.ModuleType) -> None:
    save(Model(), "memory://models/one")
    assert describe("memory://models/one").signature == SIGNATURE
    assert fsspec.filesystem("memory").cat("/models/one/model.fake").startswith(b"((), ()")


def test_a_saver_that_fails_leaves_no_descriptor_of_an_earlier_model(
    saver: types.ModuleType, tmp_path: Path
) -> None:
    save(Model(), tmp_path)

    def fail(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
        (folder / "model.fake").write_text("half")
        raise ParameterError("no")

    saver.save = fail  # type: ignore[attr-defined]
    with pytest.raises(ParameterError, match="no"):
        save(Model(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.fake"]


def test_a_missing_library_names_the_extra(saver: types.ModuleType, tmp_path: Path) -> None:
    def fail(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
        raise ModuleNotFoundError("no", name="fakelib.core")

    saver.save = fail  # type: ignore[attr-defined]
    with pytest.raises(DependencyError, match=r"pip install 'penstock\[fake\]'"):
        save(Model(), tmp_path)


def test_a_disk_error_names_the_folder(saver: types.ModuleType, tmp_path: Path) -> None:
    def fail(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
        raise PermissionError(13, "Permission denied", "model.fake")

    saver.save = fail  # type: ignore[attr-defined]
    with pytest.raises(StorageError, match=f"write {tmp_path}"):
        save(Model(), tmp_path)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda uri: save({"weights": 1}, uri), ParameterError, "builtins.dict is no model"),
        (lambda uri: save(Model(), uri, flavor="sklern"), ParameterError, "did you mean 'sklearn'"),
        (
            lambda uri: save(Model(), uri, levle=3),
            ParameterError,
            "no argument 'levle'.*did you mean 'level'",
        ),
        (lambda uri: save(Model(), uri, inputs="ab"), ParameterError, "inputs is not a list of names"),
        (
            lambda uri: save(Model(), uri, inputs=cast(Any, [1])),
            ParameterError,
            "inputs is not a list of names",
        ),
        (lambda uri: save(Model(), uri, outputs=["a", "a"]), ParameterError, "outputs names something twice"),
        (lambda uri: save("nowhere.onnx", uri), DataError, "no saved model"),
        (lambda uri: save("nowhere.fake", uri, flavor="onnx"), DataError, "no saved model"),
    ],
)
def test_what_cannot_be_saved_is_one_error(
    saver: types.ModuleType,
    tmp_path: Path,
    call: Callable[[Path], object],
    error: type[Exception],
    match: str,
) -> None:
    with pytest.raises(error, match=match):
        call(tmp_path)


def test_files_of_a_framework_are_copied_and_described(saver: types.ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "trained.fake"
    source.write_text("weights")
    target = tmp_path / "serving"
    assert save(str(source), target, signature=SIGNATURE).signature == SIGNATURE
    assert (target / "trained.fake").read_text() == "weights"
    assert describe(str(target)) == ModelInfo("sklearn", (SIGNATURE,))


def test_files_say_themselves_what_they_are_where_nothing_is_added(
    saver: types.ModuleType, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    save(Model(), source)
    info = save(source, tmp_path / "target")
    assert info == describe(str(tmp_path / "target")) == ModelInfo("sklearn", (SIGNATURE,), "9")
    (source / FILE_NAME).unlink()
    assert save(source, tmp_path / "plain") == ModelInfo("sklearn")
    with pytest.raises(ParameterError, match="given as files is saved with a signature"):
        save(source, tmp_path / "other", inputs=["x"])
