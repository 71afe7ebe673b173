# SPDX-License-Identifier: Apache-2.0
"""What people see: live progress, tables, trees, error blocks, HTML pages."""
