# SPDX-License-Identifier: Apache-2.0
"""Models of other frameworks than TensorFlow are evaluated by the same metrics, beside one of TensorFlow's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from penstock import models

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]


@pytest.mark.parametrize("flavor", ["sklearn", "xgboost"])
def test_a_classifier_is_measured_by_its_probabilities(world: Any, tmp_path: Path, flavor: str) -> None:
    from penstock.evaluation.evaluate import evaluate
    from penstock.evaluation.request import EvaluationRequest, ModelToScore, SplitToScore

    (shard,) = Path(world.parquet, "Split-eval").glob("*.parquet")
    table = pq.read_table(shard).to_pandas()
    classifier = _classifier(flavor).fit(table[["fare", "hour"]], table["tip"])
    serving = tmp_path / "model" / "Format-Serving"
    models.save(classifier, serving)
    config = {
        "model_specs": [
            {"label_key": "tip", "name": "candidate"},
            {"label_key": "tip", "name": "baseline", "is_baseline": True},
        ],
        "slicing_specs": [{}],
        "metrics_specs": [{"metrics": [{"class_name": "AUC"}, {"class_name": "BinaryAccuracy"}]}],
    }

    report = evaluate(
        EvaluationRequest(
            config=json.dumps(config),
            splits=(SplitToScore(f"{world.parquet}/Split-eval", "eval"),),
            output_uri=str(tmp_path / "out"),
            temp_dir=str(tmp_path / "temp"),
            candidate=ModelToScore("candidate", str(serving.parent), 7, str(serving), flavor),
            baseline=ModelToScore(
                "baseline", world.baseline, 3, f"{world.baseline}/Format-Serving", "tensorflow"
            ),
        )
    )

    measured = report.slices[0].metric("binary_accuracy")
    assert measured is not None
    expected = float(np.mean(classifier.predict(table[["fare", "hour"]]) == table["tip"]))
    assert measured.value == pytest.approx(expected)
    assert measured.baseline is not None


def _classifier(flavor: str) -> Any:
    if flavor == "xgboost":
        from xgboost import XGBClassifier

        return XGBClassifier(n_estimators=3, n_jobs=1)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()
