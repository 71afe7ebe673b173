# SPDX-License-Identifier: Apache-2.0
"""ExampleValidator: statistics compared with a schema."""
