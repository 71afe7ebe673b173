# SPDX-License-Identifier: Apache-2.0
"""Components that are Python functions: a decorator reads from the annotations what they take and make."""
