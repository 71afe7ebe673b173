# SPDX-License-Identifier: Apache-2.0
"""Driver of Transform: which splits are analysed and transformed, and what the analyzer cache knows already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from penstock import files
from penstock.artifacts.standard import Examples, TransformCache
from penstock.components.transform.component import (
    AnalyzedDataset,
    TransformInputs,
    TransformParameters,
    TransformPlan,
)
from penstock.errors import ParameterError
from penstock.messages.transform import SplitsConfig
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.statistics.splits import check_splits, known_splits, newest_span

_ANALYZED_BY_DEFAULT = "train"


class TransformDriver(Driver[TransformInputs, TransformParameters, TransformPlan]):
    """Decides what is analysed, what is transformed and what need not be read again."""

    def decide(
        self,
        inputs: TransformInputs,
        parameters: TransformParameters,
        context: DriverContext,  # noqa: ARG002  inputs and parameters say all
    ) -> Run[TransformPlan]:
        analyze, transform = resolve_splits(parameters.splits_config, known_splits(inputs.examples))
        plan = TransformPlan(
            analyze=tuple(_datasets(inputs.examples, analyze, inputs.analyzer_cache)),
            transform=transform,
            span=newest_span(inputs.examples),
        )
        return Run(plan, output_counts={"transformed_examples": len(inputs.examples)})


def resolve_splits(
    config: SplitsConfig | None, known: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the splits to analyse and those to transform.

    Raises:
        ParameterError: A split does not exist, or none is to be analysed.
    """
    if config is None:
        if _ANALYZED_BY_DEFAULT not in known:
            raise ParameterError(
                f"the examples have no split {_ANALYZED_BY_DEFAULT!r} to analyse",
                input="splits_config",
                expected=f"some of {', '.join(known) or '(none)'} to be named",
                hint="pass splits_config=SplitsConfig(analyze=[…], transform=[…])",
            )
        return (_ANALYZED_BY_DEFAULT,), tuple(known)
    check_splits("splits_config.analyze", config.analyze, known)
    check_splits("splits_config.transform", config.transform, known)
    if not config.analyze:
        raise ParameterError(
            "splits_config names no split to analyse",
            input="splits_config.analyze",
            expected=f"some of {', '.join(known) or '(none)'}",
        )
    return tuple(config.analyze), tuple(config.transform)


def _datasets(
    examples: Sequence[Examples], splits: Sequence[str], cache: TransformCache | None
) -> Iterator[AnalyzedDataset]:
    for split in splits:
        for position, artifact in enumerate(examples):
            if split in artifact.splits:
                key = dataset_key(artifact, split)
                cached = cache is not None and files.is_dir(files.join(cache.uri, key))
                yield AnalyzedDataset(position, split, key, cached)


def dataset_key(artifact: Examples, split: str) -> str:
    """Returns the name under which an analyzer cache knows a split: of the characters that TFT allows there."""
    identity = f"{artifact.content_digest or artifact.uri}\0{split}"
    return f"{split}-{hashlib.sha256(identity.encode('utf-8')).hexdigest()[:32]}"
