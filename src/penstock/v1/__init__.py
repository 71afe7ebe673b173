# SPDX-License-Identifier: Apache-2.0
"""TFX's other spelling of the public API: ``from penstock import v1 as tfx``, ``from penstock.v1.dsl import …``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import absl.logging  # noqa: F401  TFX's import brings it along, and files that only `import absl` use it

from penstock.lazy import lazy_names
from penstock.version import __version__ as __version__

if TYPE_CHECKING:
    from penstock import components as components
    from penstock import dsl as dsl
    from penstock import extensions as extensions
    from penstock import orchestration as orchestration
    from penstock import proto as proto
    from penstock import testing as testing
    from penstock import types as types
    from penstock import utils as utils
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            name: f"penstock.{name}:"
            for name in (
                "components",
                "dsl",
                "extensions",
                "orchestration",
                "proto",
                "testing",
                "types",
                "utils",
            )
        },
    )
