# SPDX-License-Identifier: Apache-2.0
"""Driver of ExampleGens that read files: which files, which span, and what is in them."""

from __future__ import annotations

from typing import Any

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.components.example_gen.component import ExampleGenParameters, ExampleGenPlan
from penstock.errors import ParameterError
from penstock.examples.payload import INPUT_FILES, INPUT_FINGERPRINT, SPAN, VERSION
from penstock.examples.source_files import Source, find_source
from penstock.examples.spans import span_range
from penstock.examples.splits import TRAIN_AND_EVAL, SplitAlgorithm, SplitRule, SplitShare, check_split_names
from penstock.messages.example_gen import Input, Output
from penstock.runtime.roles import Driver, DriverContext, Run

ALL_FILES = {"single_split": "*"}
_MAX_NAMED_FILES = 50


class FileBasedExampleGenDriver(Driver[Any, ExampleGenParameters, ExampleGenPlan]):
    """Finds the files of the wanted span, takes their fingerprint, and settles the splits."""

    def decide(
        self,
        inputs: Any,  # noqa: ARG002  the files decide
        parameters: ExampleGenParameters,
        context: DriverContext,
    ) -> Run[ExampleGenPlan]:
        patterns = input_patterns(parameters.input_config)
        rule = split_rule(parameters.output_config, parameters.split_algorithm, tuple(patterns))
        base = _absolute(parameters.input_base, context.project_root)
        source = find_source(base, patterns, span_range(parameters.range_config))
        plan = ExampleGenPlan(
            source=source,
            splits=tuple(patterns) if rule is None else rule.names,
            rule=rule,
            examples_format=parameters.examples_format or context.examples_format,
        )
        return Run(plan, cache_parts=_cache_parts(plan), properties=source_properties(source))


def _absolute(input_base: str, project_root: str) -> str:
    return (
        files.join(project_root, files.local_path(input_base)) if files.is_local(input_base) else input_base
    )


def source_properties(source: Source) -> dict[str, PropertyValue]:
    """Returns the properties that say where examples come from, in TFX's names where it has them."""
    uris = [file.uri for split in source.splits for file in split.files]
    more = len(uris) - _MAX_NAMED_FILES
    named = uris if more <= 0 else [*uris[:_MAX_NAMED_FILES], f"and {more} more"]
    properties: dict[str, PropertyValue] = {
        SPAN: source.span,
        INPUT_FINGERPRINT: source.fingerprint,
        INPUT_FILES: list(named),
    }
    if source.version is not None:
        properties[VERSION] = source.version
    return properties


def input_patterns(config: Input | None) -> dict[str, str]:
    """Returns the file pattern of each input split.

    Raises:
        ParameterError: A split has no pattern, or its name cannot be one or is there twice.
    """
    if config is None or not config.splits:
        return dict(ALL_FILES)
    check_split_names(tuple(split.name for split in config.splits))
    for split in config.splits:
        if not split.pattern:
            raise ParameterError(
                f"input split {split.name!r} has no pattern",
                input="input_config",
                expected="a pattern such as 'train/*.csv'",
            )
    return {split.name: split.pattern for split in config.splits}


def split_rule(
    config: Output | None, algorithm: SplitAlgorithm, input_splits: tuple[str, ...]
) -> SplitRule | None:
    """Returns how rows are shared out, or ``None`` where the splits to make are the input splits.

    Raises:
        ParameterError: Both input and output name several splits, or the output's are wrong.
    """
    shares = _shares(config)
    if len(input_splits) > 1:
        if shares:
            raise ParameterError(
                "output_config has splits, but the input is split already",
                input="output_config",
                expected="one input split, or no splits in output_config",
                got=f"input splits {', '.join(input_splits)}",
            )
        return None
    feature = config.split_config.partition_feature_name if config is not None else ""
    return SplitRule(shares or TRAIN_AND_EVAL, feature or None, algorithm)


def _shares(config: Output | None) -> tuple[SplitShare, ...]:
    if config is None:
        return ()
    return tuple(SplitShare(split.name, split.hash_buckets) for split in config.split_config.splits)


def _cache_parts(plan: ExampleGenPlan) -> dict[str, Any]:
    """Returns what decides the result beside the parameters: contents and names, not where the folder is."""
    return {
        "input_fingerprint": plan.source.fingerprint,
        "span": plan.source.span,
        "version": plan.source.version,
        "splits": plan.splits,
        "examples_format": plan.examples_format,
    }
