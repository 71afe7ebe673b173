# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.trainer.fn_args_utils``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.trainer.fn_args import FnArgs as FnArgs
from penstock.examples.accessor import DataAccessor as DataAccessor
