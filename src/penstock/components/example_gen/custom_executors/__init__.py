# SPDX-License-Identifier: Apache-2.0
"""Executors for ``FileBasedExampleGen(custom_executor_spec=…)`` that read files of other formats."""
