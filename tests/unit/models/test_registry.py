# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import pytest

from penstock.errors import DataError, DependencyError, ParameterError
from penstock.models import Flavor, LoadOptions, describe, load, recognise, registry


@pytest.mark.parametrize(
    ("file", "flavor"),
    [
        ("saved_model.pb", "tensorflow"),
        ("saved_model.pbtxt", "tensorflow"),
        ("model.keras", "keras"),
        ("weights.h5", "keras"),
        ("net.onnx", "onnx"),
        ("state.pt", "pytorch"),
        ("script.pth", "pytorch"),
        ("model.ubj", "xgboost"),
        ("model.json", "xgboost"),
        ("forest.joblib", "sklearn"),
        ("forest.pkl", "sklearn"),
    ],
)
def test_a_folder_is_recognised_by_the_files_at_its_top(tmp_path: Path, file: str, flavor: str) -> None:
    (tmp_path / file).touch()
    (tmp_path / "README.md").touch()
    found = recognise(str(tmp_path))
    assert found is not None
    assert found.name == flavor


def test_a_saved_model_with_other_files_beside_it_is_still_one(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / "vocabulary.pkl").touch()
    found = recognise(str(tmp_path))
    assert found is not None
    assert found.name == "tensorflow"


@pytest.mark.parametrize("call", [describe, load])
def test_a_folder_of_no_known_flavor_says_what_it_holds(tmp_path: Path, call: types.FunctionType) -> None:
    (tmp_path / "weights.bin").touch()
    with pytest.raises(DataError, match=r"no model of a known flavor.*saved_model\.pb.*got: weights\.bin"):
        call(str(tmp_path))


def test_a_missing_folder_is_of_no_flavor(tmp_path: Path) -> None:
    assert recognise(str(tmp_path / "none")) is None
    with pytest.raises(DataError, match="an empty or missing folder"):
        describe(str(tmp_path / "none"))


def test_a_flavor_without_description_is_known_by_name_alone(tmp_path: Path) -> None:
    (tmp_path / "forest.joblib").touch()
    info = describe(str(tmp_path))
    assert (info.flavor, info.signatures, info.signature) == ("sklearn", (), None)


def test_a_flavor_without_loader_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = (*registry.FLAVORS, Flavor("onnx", ("*.fake",), "fakelib", "fake"))
    monkeypatch.setattr(registry, "FLAVORS", without)
    (tmp_path / "net.fake").touch()
    with pytest.raises(DependencyError, match=r"'onnx' cannot be loaded by this version.*flavor tensorflow"):
        load(str(tmp_path))


def test_a_file_by_itself_is_a_model_too(tmp_path: Path) -> None:
    for name, flavor in {"a.joblib": "sklearn", "b.json": "xgboost", "c.onnx": "onnx"}.items():
        (tmp_path / name).touch()
        found = recognise(str(tmp_path / name))
        assert found is not None
        assert found.name == flavor
    assert recognise(str(tmp_path / "missing.onnx")) is None
    (tmp_path / "settings.yaml").touch()
    assert recognise(str(tmp_path / "settings.yaml")) is None


def test_any_json_in_a_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "settings.json").touch()
    assert recognise(str(tmp_path)) is None


def test_an_unknown_flavor_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no model flavor 'tensorflw'.*did you mean 'tensorflow'"):
        load(str(tmp_path), "tensorflw")


def test_every_import_path_of_the_table_exists() -> None:
    for flavor in registry.FLAVORS:
        for path in (flavor.description, flavor.loader, flavor.saver):
            module, _, name = path.partition(":")
            spec = importlib.util.find_spec(module) if path else None
            assert not path or (spec is not None and spec.origin is not None)
            if spec is not None and spec.origin is not None:
                assert f"\ndef {name}(" in Path(spec.origin).read_text(encoding="utf-8")


class TestAnotherFlavor:
    @pytest.fixture
    def flavor(self, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
        module = types.ModuleType("fake_flavor")
        monkeypatch.setitem(sys.modules, "fake_flavor", module)
        added = Flavor("sklearn", ("*.fake",), "fakelib", "fake", loader="fake_flavor:load")
        monkeypatch.setattr(registry, "FLAVORS", (added,))
        return module

    def test_its_loader_gets_the_folder_and_the_signature(
        self, flavor: types.ModuleType, tmp_path: Path
    ) -> None:
        (tmp_path / "a.fake").touch()
        flavor.load = lambda uri, name, options: (uri, name, options)  # type: ignore[attr-defined]
        loaded: object = load(str(tmp_path), signature_name="s")
        assert loaded == (str(tmp_path), "s", LoadOptions())
        given = LoadOptions(device="cpu", trusted=True)
        elsewhere: object = load("anywhere", "sklearn", options=given)
        assert elsewhere == ("anywhere", None, given)

    def test_its_missing_library_is_named_with_the_extra(self, flavor: types.ModuleType) -> None:
        def missing(uri: str, name: str | None, options: LoadOptions) -> None:
            raise ModuleNotFoundError("No module named 'fakelib.core'", name="fakelib.core")

        flavor.load = missing  # type: ignore[attr-defined]
        with pytest.raises(
            DependencyError, match=r"fakelib is not installed.*pip install 'penstock\[fake\]'"
        ):
            load("anywhere", "sklearn")

    def test_another_missing_module_is_not_mistaken_for_it(self, flavor: types.ModuleType) -> None:
        def broken(uri: str, name: str | None, options: LoadOptions) -> None:
            raise ModuleNotFoundError("No module named 'other'", name="other")

        flavor.load = broken  # type: ignore[attr-defined]
        with pytest.raises(ModuleNotFoundError, match="other"):
            load("anywhere", "sklearn")
