# SPDX-License-Identifier: Apache-2.0
"""What the code of TFX's users does besides using TFX's names, and cannot do here as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from penstock.doctor.bindings import bindings, imports, uses
from penstock.doctor.findings import Finding

_READS_TFRECORD = (
    "Examples are Parquet unless the pipeline says otherwise. If this reads Examples, set "
    "Pipeline(examples_format='tfrecord'), or read with fn_args.data_accessor, which knows both."
)
_ESTIMATOR = "TensorFlow 2.16 and later have no estimators: write run_fn(fn_args) with a Keras model."
_EVAL_SAVED_MODEL = "Evaluator takes servable models; there is no EvalSavedModel."

_HABITS = {
    "TFRecordDataset": ("tensorflow", _READS_TFRECORD),
    "make_batched_features_dataset": ("tensorflow", _READS_TFRECORD),
    "ReadFromTFRecord": ("apache_beam", _READS_TFRECORD),
    "ReadAllFromTFRecord": ("apache_beam", _READS_TFRECORD),
    "TFExampleRecord": ("tfx_bsl", _READS_TFRECORD),
    "estimator": ("tensorflow", _ESTIMATOR),
    "export_eval_savedmodel": ("tensorflow_model_analysis", _EVAL_SAVED_MODEL),
    "EvalInputReceiver": ("tensorflow_model_analysis", _EVAL_SAVED_MODEL),
}
"""By a name's part: the library that it must come from, and what to do."""


def habits(path: str, tree: ast.Module) -> Iterator[Finding]:
    """Yields what a file does that needs another way here; each once, where it is done first."""
    told: set[str] = set()
    for line, name, text in sorted(_places(tree)):
        if name not in told:
            told.add(name)
            yield Finding(path, line, "change", name, text)


def _places(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    known = bindings(tree)
    for node, target in uses(tree, known):
        for part in target.split("."):
            library, text = _HABITS.get(part, ("", ""))
            if library and target.startswith(f"{library}."):
                yield node.lineno, part, text
    for statement in imports(tree):
        if isinstance(statement, ast.ImportFrom) and f"{statement.module}".startswith("tensorflow_estimator"):
            yield statement.lineno, "estimator", _ESTIMATOR
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "trainer_fn":
            yield (
                function.lineno,
                "trainer_fn",
                "Trainer calls run_fn(fn_args); trainer_fn was for estimators.",
            )
