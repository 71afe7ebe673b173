# SPDX-License-Identifier: Apache-2.0
"""Trains a model that only remembers which days it has seen."""

import json
import os

from penstock.components import FnArgs


def run_fn(fn_args: FnArgs):
    table = fn_args.data_accessor.read_table(fn_args.train_files + fn_args.eval_files)
    before = None
    if fn_args.base_model:
        with open(os.path.join(fn_args.base_model, "days.json")) as file:
            before = json.load(file)["days"]
    os.makedirs(fn_args.serving_model_dir)
    with open(os.path.join(fn_args.serving_model_dir, "days.json"), "w") as file:
        json.dump({"days": sorted(set(table["day"].to_pylist())), "rows": len(table), "before": before}, file)
