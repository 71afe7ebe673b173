# SPDX-License-Identifier: Apache-2.0
"""Keeps TensorFlow's autograph away from libraries that are graph code already.

Autograph rewrites Python functions into graph code, except those of libraries that its rules name. TensorFlow's
rules name ``keras`` but not ``tf_keras``, which ``tf.keras`` is as soon as TensorFlow Transform was imported: the
first training of a process then spends most of its time rewriting hundreds of functions to no effect. TensorFlow
Transform itself, which traces all it does with autograph switched off, is rewritten too wherever a serving
signature calls its layer. Two more rules end that.

The rules are private to TensorFlow: where they are not found, nothing is done and everything is as slow as before.
"""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

_LOG = logging.getLogger(__name__)
_RULES_MODULE = "tensorflow.python.autograph.core.config"

GRAPH_LIBRARIES = ("tf_keras", "tensorflow_transform")
"""Libraries whose own functions need no rewriting; user code that they call still gets it."""


def spare_graph_libraries() -> bool:
    """Adds a rule for each of ``GRAPH_LIBRARIES``, once; call it before the user's code traces anything.

    Does nothing where TensorFlow is not loaded yet, so it never costs an import.

    Returns:
        Whether autograph leaves these libraries alone from here on.
    """
    if "tensorflow" not in sys.modules:
        return False
    try:
        config: Any = importlib.import_module(_RULES_MODULE)
        known = tuple(config.CONVERSION_RULES)
        missing = [
            name
            for name in GRAPH_LIBRARIES
            if not any(isinstance(rule, config.DoNotConvert) and rule.matches(name) for rule in known)
        ]
        config.CONVERSION_RULES = (*map(config.DoNotConvert, missing), *known)
    except (ImportError, AttributeError, TypeError) as error:
        _LOG.debug("this TensorFlow keeps its autograph rules elsewhere: %s", error)
        return False
    return True
