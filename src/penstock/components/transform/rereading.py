# SPDX-License-Identifier: Apache-2.0
"""Lets each pass of TFT over the data read the files again.

A ``preprocessing_fn`` whose analyzers build on each other needs several passes. With
``use_deep_copy_optimization`` TFT gives each a copy of the reading steps; without it an in-process Beam would hold
all rows in memory from the first pass to the last.
"""

from __future__ import annotations

import inspect

from apache_beam.pipeline import AppliedPTransform

_NEW_ARGUMENTS = ["environment_id", "annotations"]


def allow_rereading() -> None:
    """Lets TFT 1.16 copy steps of a Beam whose constructor of steps has since got two more arguments.

    TFT 1.16 does not pass them, later versions do. They mean nothing here, so they get defaults; where they have them
    or do not exist, nothing is done.
    """
    constructor = AppliedPTransform.__init__
    parameters = list(inspect.signature(constructor).parameters.values())[-len(_NEW_ARGUMENTS) :]
    if [p.name for p in parameters] == _NEW_ARGUMENTS and all(p.default is p.empty for p in parameters):
        constructor.__defaults__ = (None,) * len(_NEW_ARGUMENTS)
