# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.placeholder``, whose module ``placeholder`` holds all placeholders."""
