# SPDX-License-Identifier: Apache-2.0
"""ImportSchemaGen: a schema that the user keeps, checked and copied."""
