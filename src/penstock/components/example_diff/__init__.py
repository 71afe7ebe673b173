# SPDX-License-Identifier: Apache-2.0
"""ExampleDiff: its name; the component itself is not built yet."""
