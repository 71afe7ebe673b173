# SPDX-License-Identifier: Apache-2.0
"""Saves TensorFlow modules as SavedModels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from penstock.errors import ParameterError
from penstock.models.descriptor import Descriptor
from penstock.models.request import SaveRequest
from penstock.models.tensorflow.saved_model import describe


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``tf.saved_model.save``'s files; the option ``signatures`` is that function's.

    Raises:
        ParameterError: The module has no signature to serve, or something is said of it that its functions say.
    """
    request.check_options("tensorflow", "signatures")
    if request.signature or request.inputs or request.outputs or request.example is not None:
        raise ParameterError(
            "a TensorFlow module says what it takes and gives by its functions",
            input="signature, inputs, outputs, example",
            expected="signatures={'serving_default': a tf.function with an input_signature}",
        )
    signatures: Mapping[str, Any] | None = request.options.get("signatures")
    tf.saved_model.save(model, str(folder), signatures=signatures)
    info = describe(str(folder))
    if not info.signatures:
        raise ParameterError(
            "the module has no signature",
            input="signatures",
            expected="signatures={'serving_default': a tf.function with an input_signature}",
        )
    return Descriptor("tensorflow", info.signatures, info.library_version)
