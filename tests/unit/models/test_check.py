# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest

from penstock.errors import DependencyError, ParameterError
from penstock.models.check import check_libraries, check_loadable
from penstock.models.flavor import Flavor


def test_a_pickle_must_be_trusted() -> None:
    check_loadable("sklearn", "/models/14", trusted=True)
    with pytest.raises(ParameterError, match="/models/14 is a pickle") as caught:
        check_loadable("sklearn", "/models/14", trusted=False)
    assert caught.value.hint is not None
    assert "trusted: true" in caught.value.hint


def test_what_is_no_pickle_needs_no_trust() -> None:
    check_loadable("onnx", "/models/14", trusted=False)


@pytest.mark.parametrize("libraries", [("no_such_library", ()), ("json", ("no_such_library",))])
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    libraries: tuple[str, tuple[str, ...]],
) -> None:
    flavor = Flavor("onnx", ("*.onnx",), libraries[0], "onnx", further_libraries=libraries[1])
    with pytest.raises(DependencyError, match="no_such_library is not installed") as caught:
        check_libraries(flavor, "/models/14")
    assert caught.value.hint == "pip install 'penstock[onnx]'"


def test_there_must_be_such_a_flavor() -> None:
    with pytest.raises(ParameterError, match="no model flavor 'skleran'.*did you mean 'sklearn'"):
        check_loadable("skleran", "/models/14", trusted=True)


def test_checking_and_describing_load_nothing_heavy() -> None:
    code = (
        "import sys, penstock.models, penstock.models.check, penstock.models.xgboost.description,"
        " penstock.models.onnx.description;"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'sklearn', 'xgboost', 'onnxruntime', 'onnx', 'torch', 'tensorflow'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
