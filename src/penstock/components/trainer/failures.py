# SPDX-License-Identifier: Apache-2.0
"""Errors of ``run_fn`` whose cause the user cannot see from the traceback alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from penstock.errors import DataError, PenstockError, UserCodeError, did_you_mean
from penstock.examples.accessor import explain_format_error
from penstock.examples.reader import ExamplesReader

_THROUGH_TENSORFLOW = re.compile(rf"\}}\}} {DataError.__name__}: (?P<message>.+)")
"""What TensorFlow makes of an error of ours that was raised while it ran our reader."""

_MODEL_FOLDER = "Format-Serving"
"""Name of the folder that a model is saved into, which ``run_fn`` makes."""


def explained(error: UserCodeError, train_files: Sequence[str]) -> UserCodeError:
    """Says more of an error of the user's code where the training data tell more than the error does.

    Args:
        error: The error; what the code raised is its cause.
        train_files: Patterns of the files that were trained on.
    """
    cause = error.__cause__
    format_error = explain_format_error(cause, train_files) if cause is not None else None
    if format_error is not None:
        return UserCodeError(
            format_error.message,
            component=error.component,
            input=format_error.input,
            hint=format_error.hint,
            traceback=error.traceback,
        )
    ours = _THROUGH_TENSORFLOW.search(str(cause))
    if ours is not None:
        return UserCodeError(ours["message"], component=error.component, traceback=error.traceback)
    if error.hint is None and isinstance(cause, KeyError) and cause.args and isinstance(cause.args[0], str):
        error.hint = _unknown_feature(cause.args[0], train_files)
    if error.hint is None and isinstance(cause, FileNotFoundError) and _MODEL_FOLDER in str(cause.filename):
        error.hint = "make the folder first: os.makedirs(fn_args.serving_model_dir)"
    return error


def _unknown_feature(name: str, train_files: Sequence[str]) -> str | None:
    try:
        features = ExamplesReader(train_files).features.names
    except PenstockError:
        return None  # the error stands as it is
    return (
        None if name in features else f"the examples have no feature {name!r}: {did_you_mean(name, features)}"
    )
