# SPDX-License-Identifier: Apache-2.0
"""Component pipelines for production machine learning, with the names of TFX v1: ``import penstock as tfx``.

Nothing is loaded before it is used: importing this loads no TensorFlow, Beam, ml-metadata or Arrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names
from penstock.version import __version__ as __version__

if TYPE_CHECKING:
    from penstock import components as components
    from penstock import dsl as dsl
    from penstock import errors as errors
    from penstock import extensions as extensions
    from penstock import models as models
    from penstock import orchestration as orchestration
    from penstock import proto as proto
    from penstock import testing as testing
    from penstock import types as types
    from penstock import utils as utils
    from penstock import v1 as v1
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            name: f"penstock.{name}:"
            for name in (
                "components", "dsl", "errors", "extensions", "models", "orchestration", "proto", "testing", "types",
                "utils", "v1",
            )
        },
    )  # fmt: skip
