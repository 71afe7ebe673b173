# SPDX-License-Identifier: Apache-2.0
"""Loads the declaration and the roles of a component, which may be the user's code, inside the error boundary."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from penstock.errors import DependencyError
from penstock.graph.component import BaseComponent
from penstock.graph.import_path import import_path
from penstock.runtime.binding import component_class
from penstock.runtime.user_code import user_code

_EXTRAS = {
    "tensorflow": "tensorflow",
    "tensorflow_data_validation": "tensorflow",
    "tensorflow_transform": "tensorflow",
    "tensorflow_model_analysis": "tensorflow",
    "tensorflow_metadata": "tensorflow",
    "tfx_bsl": "tensorflow",
    "tf_keras": "tensorflow",
    "apache_beam": "beam",
}


def make_importable(project_root: str) -> None:
    """Puts a project's folder on ``sys.path``, so that this process finds what its workers will find."""
    if project_root not in sys.path:
        sys.path.insert(0, project_root)


def load_declaration(path: str, node_id: str, declaration: Any = None) -> type[BaseComponent]:
    """Returns the component class of an import path; raises as ``load`` does.

    Args:
        path: Import path of the class.
        node_id: Node that asks, for errors.
        declaration: ``NodeIR.declaration``: what the class is made of where it is a generic one.
    """
    with _importing(path, node_id):
        cls = component_class(path)
        return cls if declaration is None else cls.declared(declaration)


def load(path: str, node_id: str) -> Any:
    """Returns what an import path stands for: the class of a role, a strategy, an artifact type.

    Raises:
        PipelineError: The module or the name does not exist.
        DependencyError: A library that it needs is not installed.
        UserCodeError: Its module raised while it was imported.
    """
    with _importing(path, node_id):
        return import_path(path)


def load_role(component: type[BaseComponent], path: str, node_id: str) -> Any:
    """Returns a role of a component, made.

    A role that serves many components has a class method ``for_component``, which is told for which one it is made.

    Args:
        component: The component.
        path: Import path of the role: the component's ``DRIVER``, ``EXECUTOR`` or ``PUBLISHER``.
        node_id: Node that asks, for errors.

    Raises:
        PenstockError: As ``load`` does; or the role cannot be made.
    """
    role = load(path, node_id)
    make = getattr(role, "for_component", None)
    with user_code(node_id, what=f"{role.__name__}()"):
        return role() if make is None else make(component)


@contextmanager
def _importing(path: str, node_id: str) -> Iterator[None]:
    module = path.partition(":")[0]
    with user_code(node_id, what=f"importing {module}"):
        try:
            yield
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            extra = _EXTRAS.get(library)
            if extra is None or library in sys.modules:  # that is there, but a part of it is not
                raise
            raise DependencyError(
                f"{library} is not installed", component=node_id, hint=f"pip install 'penstock[{extra}]'"
            ) from error
