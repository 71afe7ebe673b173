# SPDX-License-Identifier: Apache-2.0
"""The ``penstock`` command: one file per sub-command, loaded when it is called."""
