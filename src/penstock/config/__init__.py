# SPDX-License-Identifier: Apache-2.0
"""Settings read from YAML files: typed, layered by environment, each value knowing its file and line."""
