# SPDX-License-Identifier: Apache-2.0
"""TFX's extension with ``%%skip_for_export``, which an ``InteractiveContext`` defines by itself, too."""

from __future__ import annotations

from typing import Any

from penstock.notebook.ipython import register


def load_ipython_extension(ipython: Any) -> None:  # noqa: ARG001  the signature that IPython calls
    """Defines the magic; ``%load_ext`` calls this."""
    register()
