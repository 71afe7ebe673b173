# SPDX-License-Identifier: Apache-2.0
"""Puts right what Beam gets wrong in a process that runs many pipelines; each does nothing where Beam has mended it."""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apache_beam import pipeline
from apache_beam.utils import interactive_utils, shared
from apache_beam.utils.multi_process_shared import MultiProcessShared


def spare_ipython() -> None:
    """Has Beam find out without an import whether it runs in IPython, which is so only where IPython is loaded.

    Beam imports it for each first pipeline of a process: 430 modules, 0.4 s.
    """
    for module in (interactive_utils, pipeline):
        if hasattr(module, "is_in_ipython"):
            module.is_in_ipython = _is_in_loaded_ipython


def _is_in_loaded_ipython() -> bool:
    loaded = sys.modules.get("IPython")
    return loaded is not None and loaded.get_ipython() is not None


def let_run_inference_measure() -> None:
    """Gives RunInference the standard library's ``resource``, which it does without where PyTorch is missing.

    Beam imports it together with a module that needs PyTorch, so that otherwise each load of a model is warned about
    and its size in memory is always 0.
    """
    from apache_beam.ml.inference import base  # which imports PyTorch where that is installed

    if getattr(base, "resource", resource) is None:
        base.resource = resource


@contextmanager
def forgetting_shared_objects() -> Iterator[None]:
    """Lets go, at the end of the block, of what pipelines inside it have shared in this process.

    Beam keeps a record of each shared handle for ever, and the object that was shared last.
    """
    shared_map = getattr(shared, "_shared_map", None)
    records: dict[str, Any] = getattr(shared_map, "_cache_map", {})
    before = set(records)
    try:
        yield
    finally:
        for key in set(records) - before:
            records.pop(key, None)
        if hasattr(shared_map, "_keepalive"):
            vars(shared_map).update(_keepalive=(None, None))


def shared_models_folder() -> str:
    """Returns where Beam keeps the addresses of what processes share: the temporary folder when it was imported."""
    defaults = MultiProcessShared.__init__.__kwdefaults__ or {}
    return str(defaults.get("path") or tempfile.gettempdir())
