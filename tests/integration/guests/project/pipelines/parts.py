# SPDX-License-Identifier: Apache-2.0
"""A pipeline in which a component of TFX makes several artifacts of one output."""

from theirs.parts import Parts

import penstock as tfx
from penstock.guests import tfx_component


def create_pipeline() -> tfx.dsl.Pipeline:
    return tfx.dsl.Pipeline("parts", components=[tfx_component(Parts)(parts=3)])
