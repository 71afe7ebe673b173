# SPDX-License-Identifier: Apache-2.0
"""The standard components, one folder each: component, driver, executor, publisher."""
