# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.kubeflow.decorators``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.function_component.exit_handler import exit_handler as exit_handler
from penstock.components.function_component.final_status import FinalStatusStr as FinalStatusStr
