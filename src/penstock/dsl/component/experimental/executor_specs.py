# SPDX-License-Identifier: Apache-2.0
"""TFX's specification of an executor that is a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.graph.executor_spec import TemplatedExecutorContainerSpec as TemplatedExecutorContainerSpec
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "TemplatedExecutorContainerSpec": "penstock.graph.executor_spec",
        },
    )
