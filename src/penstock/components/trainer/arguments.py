# SPDX-License-Identifier: Apache-2.0
"""Makes the argument of ``run_fn`` out of Trainer's work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock import files
from penstock.artifacts.standard import Examples, ExampleStatistics
from penstock.components.trainer.component import TrainerWork
from penstock.components.trainer.fn_args import FnArgs
from penstock.examples.accessor import data_accessor
from penstock.statistics.splits import split_folders


def arguments_of(work: TrainerWork) -> FnArgs:
    """Returns the whole of TFX's contract.

    The folder of the logs exists when ``run_fn`` is called. That of the model does not, as in TFX, where modules make
    it with ``os.makedirs``, which would refuse one that is there.
    """
    inputs, parameters, plan = work.inputs, work.parameters, work.plan
    transform_graph = inputs.transform_graph.uri if inputs.transform_graph else None
    schema = inputs.schema.schema_file if inputs.schema else None
    serving, evaluation = work.outputs.model.serving_uri, files.join(work.outputs.model.uri, "Format-TFMA")
    files.makedirs(work.outputs.model_run.uri)
    return FnArgs(
        working_dir=work.context.temp_dir,
        train_files=_patterns(inputs.examples, plan.train_splits),
        eval_files=_patterns(inputs.examples, plan.eval_splits),
        train_steps=parameters.train_args.num_steps or None,
        eval_steps=parameters.eval_args.num_steps or None,
        schema_path=schema,
        schema_file=schema,
        transform_graph_path=transform_graph,
        transform_output=transform_graph,
        data_accessor=data_accessor(),
        serving_model_dir=serving,
        eval_model_dir=evaluation,
        model_run_dir=work.outputs.model_run.uri,
        base_model=plan.base_model_uri,
        hyperparameters=None if plan.hyperparameters is None else dict(plan.hyperparameters),
        custom_config=None if parameters.custom_config is None else dict(parameters.custom_config),
        num_examples=_num_examples(inputs.statistics) if inputs.statistics else None,
    )


def _patterns(examples: Sequence[Examples], splits: Iterable[str]) -> list[str]:
    return [files.join(folder, "*") for split in splits for folder in split_folders(examples, split)]


def _num_examples(statistics: ExampleStatistics) -> dict[str, int]:
    from penstock.statistics.files import read_statistics

    return {
        split: read_statistics(statistics.split_uri(split)).datasets[0].num_examples
        for split in statistics.splits
    }
