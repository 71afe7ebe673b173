# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.placeholders``: the placeholders of its first version. All of them: ``penstock.dsl.placeholder``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.graph.placeholder_functions import exec_property as exec_property
    from penstock.graph.placeholder_functions import execution_invocation as execution_invocation
    from penstock.graph.placeholder_functions import input as input
    from penstock.graph.placeholder_functions import output as output
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "exec_property": "penstock.graph.placeholder_functions",
            "execution_invocation": "penstock.graph.placeholder_functions",
            "input": "penstock.graph.placeholder_functions",
            "output": "penstock.graph.placeholder_functions",
        },
    )
