# SPDX-License-Identifier: Apache-2.0
"""A small project whose pipeline needs no heavy library: CSV, a user's module, a push."""

from __future__ import annotations

from pathlib import Path

from projects import Project

ROWS = '''
"""CSV files, a model that a user's module makes of them, and a push of it."""
from penstock import proto
from penstock.components import CsvExampleGen, Pusher, Trainer
from penstock.dsl import Pipeline


def create_pipeline(
    data: str = "data", module: str = "modules/count_rows.py", seconds: float = 60, serving: str = "serving"
) -> Pipeline:
    examples = CsvExampleGen(input_base=data)
    trainer = Trainer(examples=examples.outputs["examples"], module_file=module).with_timeout(seconds)
    destination = proto.PushDestination(filesystem=proto.PushDestination.Filesystem(base_directory=serving))
    pusher = Pusher(model=trainer.outputs["model"], push_destination=destination)
    return Pipeline("rows", components=[examples, trainer, pusher], enable_cache=True)
'''

COUNT_ROWS = """
from pathlib import Path


def run_fn(fn_args):
    Path(fn_args.serving_model_dir).mkdir()
    Path(fn_args.serving_model_dir, "model.txt").write_text("a model")
    return {"rows": 1}
"""

HEADER = "n,x,label\n"
GOOD = HEADER + "".join(f"{i},{i / 7:.3f},{'yes' if i % 3 else 'no'}\n" for i in range(300))


def make_project(root: Path) -> Project:
    """Makes the project, with a module and data that are good."""
    project = Project(root)
    project.write("pipelines/rows.py", ROWS)
    project.write("modules/count_rows.py", COUNT_ROWS)
    project.write("data/trips.csv", GOOD)
    return project
