# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.portable.base_driver``, for code that imports the older path."""

from __future__ import annotations

from penstock.runtime.tfx_style.driver import PortableDriver

BaseDriver = PortableDriver

__all__ = ["BaseDriver"]
