# SPDX-License-Identifier: Apache-2.0
"""The intermediate representation: a compiled pipeline as a versioned JSON document."""
