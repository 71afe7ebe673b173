# SPDX-License-Identifier: Apache-2.0
"""Finds, makes and loads the handler that a model's settings name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock import files
from penstock.errors import DependencyError, ParameterError, UserCodeError
from penstock.inference.handlers.known import KNOWN, SHORT_NAMES, KnownHandler
from penstock.inference.job import ModelRef
from penstock.inference.loaded import PredictorModel
from penstock.inference.spec import ModelSettings
from penstock.inference.streaming.environment import expanded
from penstock.runtime.user_code import load_function, user_code

if TYPE_CHECKING:
    from penstock.inference.handlers.foreign import ForeignPredictor

_MODEL = "{model}"
_PYTHON = "python:"


@dataclass(frozen=True, slots=True)
class ForeignLoader:
    """Loads the model of a handler; plain values, so that it can be sent to workers.

    Attributes:
        ref: The model; without a URI where the handler needs no files.
        settings: Its ``handler`` is the one.
        project_root: Folder of the user's project.
    """

    ref: ModelRef
    settings: ModelSettings
    project_root: str

    @property
    def flavor(self) -> str:
        """The handler's name: its short name, or that of its class."""
        return str(self.settings.handler).rpartition(".")[2]

    def make(self) -> Any:
        """Returns the handler, without its model. Some of Beam's look for their service already now.

        Raises:
            DependencyError: A library that it needs is not installed.
            ParameterError: An argument names the model's folder where there is none, or what is not there.
            UserCodeError: There is no such handler, or it does not take its arguments.
        """
        return make_handler(self.ref, self.settings, self.project_root)

    def load(self) -> PredictorModel:
        """Makes the handler and loads its model; see :meth:`make`."""
        return PredictorModel(self.predictor())

    def predictor(self) -> ForeignPredictor:
        """Makes the handler and loads its model, as a ``penstock.models.Predictor``."""
        from penstock.inference.handlers.foreign import load_handler

        return load_handler(self.make(), self.settings)


def foreign_loader(ref: ModelRef, settings: ModelSettings, *, project_root: str = "") -> ForeignLoader:
    """Returns the loader of a model that a Beam ``ModelHandler`` runs.

    Raises:
        ParameterError: The settings say what only Penstock's own handlers know.
    """
    if settings.loader_arguments:
        raise ParameterError(
            "a handler is told what it needs by its arguments",
            input="loader_arguments",
            expected="handler_arguments",
        )
    return ForeignLoader(ref, settings, project_root)


def make_handler(ref: ModelRef, settings: ModelSettings, project_root: str) -> Any:
    """Returns the handler that settings name; see :meth:`ForeignLoader.make`."""
    name = str(settings.handler)
    known = SHORT_NAMES.get(name) or KNOWN.get(name)
    made_by = _known_class(known) if known else _named(name, project_root)
    given = {**(known.defaults if known else {}), **settings.handler_arguments}
    arguments = _resolved(given, ref, project_root)
    with user_code(None, what=f"making {name}"):
        handler = made_by(**arguments)
    from apache_beam.ml.inference.base import ModelHandler

    if not isinstance(handler, ModelHandler):
        raise UserCodeError(
            f"{name} makes no ModelHandler",
            input="handler",
            expected="a subclass of apache_beam.ml.inference.base.ModelHandler, or a function that returns one",
            got=type(handler).__name__,
        )
    return handler


def _known_class(known: KnownHandler) -> Any:
    known.check_installed()
    module, _, name = known.path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        missing = error.name or ""
        if isinstance(error, ModuleNotFoundError) and missing.partition(".")[0] != "apache_beam":
            raise known.missing(missing) from error
        hint = (
            f"pip install {known.install}"
            if known.install
            else "install the versions that this Beam supports"
        )
        raise DependencyError(
            f"Beam's {name} does not import here",
            input="handler",
            got=str(error).splitlines()[0],
            hint=f"{hint}; or {known.instead}" if known.instead else hint,
        ) from error


def _named(path: str, project_root: str) -> Any:
    if "." not in path:
        raise ParameterError(
            f"there is no handler {path!r}",
            input="handler",
            expected=f"{', '.join(SHORT_NAMES)}, or the dotted path of a ModelHandler class",
        )
    return load_function(path, module_file=None, function_path=path, project_root=project_root)


def _resolved(value: Any, ref: ModelRef, project_root: str) -> Any:
    """Returns an argument, or all in a mapping or list, with the model's folder and Python objects in place."""
    if isinstance(value, Mapping):
        return {name: _resolved(part, ref, project_root) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(part, ref, project_root) for part in value]
    if not isinstance(value, str):
        return value
    if value.startswith(_PYTHON):
        return _object_at(value[len(_PYTHON) :].strip(), project_root)
    value = expanded(value, "handler_arguments")
    if _MODEL not in value:
        return value
    if not ref.uri:
        raise ParameterError(
            f"an argument of handler names {_MODEL}, and the handler has no model of its own",
            input="handler_arguments",
            got=value,
            hint="give the model a path or a pipeline",
        )
    return value.replace(_MODEL, files.local_path(ref.uri) if files.is_local(ref.uri) else ref.uri)


def _object_at(path: str, project_root: str) -> Any:
    """Returns what is found at a dotted path: a class or function of a module, or what such a class holds."""
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        if not _is_module(module, project_root):
            continue
        found: Any = importlib.import_module(module)
        for part in parts[end:]:
            if not hasattr(found, part):
                break
            found = getattr(found, part)
        else:
            return found
        break
    raise ParameterError(
        f"an argument of the handler names {path!r}, and nothing is found there",
        input="handler_arguments",
        expected="the dotted path of a class, function or value in an installed module or one of the project's",
    )


def _is_module(name: str, project_root: str) -> bool:
    import sys

    if project_root and project_root not in sys.path:
        sys.path.insert(0, project_root)
    with user_code(None, what=f"importing {name}"):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(f"{error.name}.")):
                return False
            raise
    return True
