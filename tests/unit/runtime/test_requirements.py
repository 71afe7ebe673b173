# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.components.trainer.component import Trainer
from penstock.ir.model import NodeIR, PipelineIR, ValueIR
from penstock.runtime import sources
from penstock.runtime.fingerprint import fingerprint_of_component
from penstock.runtime.loading import load_declaration
from penstock.runtime.requirements import required_modules, used_libraries

TRAINER = f"{Trainer.__module__}:Trainer"


class Project:
    """A folder with modules, and a pipeline of one Trainer that uses one of them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def required(
        self, component: str = TRAINER, requires: tuple[str, ...] = (), **parameters: ValueIR
    ) -> tuple[str, ...]:
        return required_modules(*self.node(component, requires, **parameters), {"which": "module.py"})

    def node(
        self, component: str = TRAINER, requires: tuple[str, ...] = (), **parameters: ValueIR
    ) -> tuple[PipelineIR, NodeIR]:
        node = NodeIR("node", "component", "type", component, parameters=parameters, requires=requires)
        return PipelineIR("p", str(self.root), {}, str(self.root), (node,)), node


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write(
        "module.py",
        "from __future__ import annotations\n"
        "import json, os.path\n"
        "import yaml\n"
        "import features\n"
        "from helpers.scaling import scale\n"
        "from . import nothing\n"
        "import not_installed_at_all\n"
        "import penstock as tfx\n"
        "def run_fn(fn_args):\n    import rich\n",
    )
    made.write("features.py", "import click.core\nimport yaml\n")
    made.write("helpers/scaling.py", "from markupsafe import Markup\nscale = 1\n")
    return made


FOUND = {"yaml", "click", "markupsafe"}


def test_top_level_imports_of_the_users_module_and_what_it_imports_of_the_project(project: Project) -> None:
    found = project.required(module_file=ValueIR("module.py"))
    assert set(found) == FOUND
    assert len(found) == len(FOUND)


def test_what_the_component_requires_comes_first(project: Project) -> None:
    found = project.required(requires=("numpy", "yaml"), module_file=ValueIR("module.py"))
    assert found[:2] == ("numpy", "yaml")
    assert set(found) == FOUND | {"numpy"}


def test_a_dotted_path_leads_to_the_same_module(project: Project) -> None:
    assert set(project.required(run_fn=ValueIR("module.run_fn"))) == FOUND


def test_several_functions_lead_to_all_their_modules(project: Project) -> None:
    project.write("other.py", "import numpy\ndef f(): ...\n")
    graph = "penstock.components.graph_inferrer.component:GraphInferrer"
    named = ValueIR(("module.run_fn", "other.f", "json.loads"))
    assert set(project.required(graph, functions=named)) == FOUND | {"numpy"}


def test_a_runtime_parameter_may_name_the_module(project: Project) -> None:
    assert set(project.required(module_file=ValueIR(runtime_parameter="which"))) == FOUND


@pytest.mark.parametrize("value", ["missing.py", "missing.module.run_fn", "", None])
def test_what_is_missing_requires_nothing_and_is_explained_elsewhere(
    project: Project, value: str | None
) -> None:
    assert project.required(requires=("numpy",), module_file=ValueIR(value)) == ("numpy",)


def test_a_module_that_does_not_parse_requires_nothing(project: Project) -> None:
    project.write("module.py", "import yaml\ndef run_fn(:\n")
    assert project.required(module_file=ValueIR("module.py")) == ()


@pytest.mark.parametrize("component", ["not_there.component:X", "light.component:AddInputs"])
def test_a_declaration_that_does_not_load_is_explained_by_its_own_node(
    project: Project, component: str
) -> None:
    found = project.required(component, ("numpy",), module_file=ValueIR("module.py"))
    assert found == ("numpy",)


def test_the_result_depends_on_what_is_imported_later_too(project: Project) -> None:
    node = project.node(requires=("numpy",), module_file=ValueIR("module.py"))
    assert used_libraries(*node, {}) == ("click", "markupsafe", "numpy", "rich", "yaml")


def test_the_result_of_a_component_of_the_project_depends_on_what_its_roles_import(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(
        "lib_component.py",
        "from light.component import Number\nclass C(Number):\n    EXECUTOR = 'lib_work:E'\n",
    )
    project.write("lib_work.py", "def execute():\n    import yaml\n")
    monkeypatch.syspath_prepend(project.root)
    node = project.node("lib_component:C")
    assert required_modules(*node, {}) == ("light",)  # at the top of a file, as the worker will import it
    assert used_libraries(*node, {}) == ("light", "yaml")
    monkeypatch.delitem(sys.modules, "lib_component")


CARRIED = """
import json
import yaml
import features
from light.component import Number

class C(Number):
    def load(self):
        import rich
"""


def test_a_carried_component_requires_what_its_source_imports(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(project.root)
    sources.install({"penstock_main_required": CARRIED}, str(project.root))
    node = project.node("penstock_main_required:C")
    try:
        found = required_modules(*node, {})
        used = used_libraries(*node, {})
        fingerprint = fingerprint_of_component(load_declaration(node[1].component, "node"), str(project.root))
        project.write("features.py", "import click.core\nCHANGED = 1\n")
        changed = fingerprint_of_component(load_declaration(node[1].component, "node"), str(project.root))
    finally:
        sys.modules.pop("penstock_main_required", None)
        sys.modules.pop("features", None)
    assert set(found) == {"yaml", "light", "click"}
    assert set(used) == {"yaml", "light", "click", "rich"}
    assert fingerprint != changed
