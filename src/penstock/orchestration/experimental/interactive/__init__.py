# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration.experimental.interactive``: pipelines in notebooks."""
