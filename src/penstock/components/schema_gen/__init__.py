# SPDX-License-Identifier: Apache-2.0
"""SchemaGen: a schema inferred from statistics."""
