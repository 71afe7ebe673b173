# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.resolver_function``: resolver functions of one's own."""

from __future__ import annotations

from penstock.graph.resolver_functions.functions import ResolverFunction as ResolverFunction
from penstock.graph.resolver_functions.functions import resolver_function as resolver_function
