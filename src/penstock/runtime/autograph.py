# SPDX-License-Identifier: Apache-2.0
"""Keeps TensorFlow's autograph away from the source of tf_keras.

Autograph rewrites Python functions into graph code, except those of libraries that its rules name. TensorFlow's
rules name ``keras`` but not ``tf_keras``, which ``tf.keras`` is as soon as TensorFlow Transform was imported; so the
first training of a process spends most of its time rewriting hundreds of functions that are graph code already.
One more rule ends that. The rules are private to TensorFlow: where they are not found, nothing is done.
"""

from __future__ import annotations

import importlib
import logging
import sys

_LOG = logging.getLogger(__name__)
_RULES_MODULE = "tensorflow.python.autograph.core.config"
_LIBRARY = "tf_keras"


def leave_tf_keras_alone() -> bool:
    """Adds the rule for tf_keras, once; to be called before the user's code traces anything.

    Does nothing where TensorFlow is not loaded yet, so it never costs an import.

    Returns:
        Whether autograph leaves tf_keras alone from here on.
    """
    if "tensorflow" not in sys.modules:
        return False
    try:
        config = importlib.import_module(_RULES_MODULE)
        rules, rule = config.CONVERSION_RULES, config.DoNotConvert(_LIBRARY)
        if not any(isinstance(known, config.DoNotConvert) and known.matches(_LIBRARY) for known in rules):
            config.CONVERSION_RULES = (rule, *rules)
    except (ImportError, AttributeError, TypeError) as error:
        _LOG.debug("this TensorFlow keeps its autograph rules elsewhere: %s", error)
        return False
    return True
