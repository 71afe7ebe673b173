# SPDX-License-Identifier: Apache-2.0
"""TFX's ``proto``: configuration messages by the names that TFX v1 gives them.

``evaluation`` holds TFMA's, some of which have the names of others here: ``proto.evaluation.EvalConfig(model_specs=[
proto.evaluation.ModelSpec(label_key='tips')])``. ``Filesystem`` is short for ``PushDestination.Filesystem``. Nothing is
imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.messages.bulk_inferrer import ClassifyOutput as ClassifyOutput
    from penstock.messages.bulk_inferrer import DataSpec as DataSpec
    from penstock.messages.bulk_inferrer import ModelSpec as ModelSpec
    from penstock.messages.bulk_inferrer import OutputColumnsSpec as OutputColumnsSpec
    from penstock.messages.bulk_inferrer import OutputExampleSpec as OutputExampleSpec
    from penstock.messages.bulk_inferrer import PredictOutput as PredictOutput
    from penstock.messages.bulk_inferrer import PredictOutputCol as PredictOutputCol
    from penstock.messages.bulk_inferrer import RegressOutput as RegressOutput
    from penstock.messages.distribution_validator import (
        DistributionValidatorConfig as DistributionValidatorConfig,
    )
    from penstock.messages.distribution_validator import FeatureComparator as FeatureComparator
    from penstock.messages.evaluator import FeatureSlicingSpec as FeatureSlicingSpec
    from penstock.messages.evaluator import SingleSlicingSpec as SingleSlicingSpec
    from penstock.messages.example_diff import ExampleDiffConfig as ExampleDiffConfig
    from penstock.messages.example_diff import PairedExampleSkew as PairedExampleSkew
    from penstock.messages.example_gen import CustomConfig as CustomConfig
    from penstock.messages.example_gen import FileFormat as FileFormat
    from penstock.messages.example_gen import Input as Input
    from penstock.messages.example_gen import Output as Output
    from penstock.messages.example_gen import PayloadFormat as PayloadFormat
    from penstock.messages.example_gen import SplitConfig as SplitConfig
    from penstock.messages.infra_validator import EnvVar as EnvVar
    from penstock.messages.infra_validator import EnvVarSource as EnvVarSource
    from penstock.messages.infra_validator import KubernetesConfig as KubernetesConfig
    from penstock.messages.infra_validator import LocalDockerConfig as LocalDockerConfig
    from penstock.messages.infra_validator import PodOverrides as PodOverrides
    from penstock.messages.infra_validator import RequestSpec as RequestSpec
    from penstock.messages.infra_validator import Resources as Resources
    from penstock.messages.infra_validator import SecretKeySelector as SecretKeySelector
    from penstock.messages.infra_validator import ServingSpec as ServingSpec
    from penstock.messages.infra_validator import TensorFlowServing as TensorFlowServing
    from penstock.messages.infra_validator import TensorFlowServingRequestSpec as TensorFlowServingRequestSpec
    from penstock.messages.infra_validator import ValidationSpec as ValidationSpec
    from penstock.messages.pusher import PushDestination as PushDestination
    from penstock.messages.pusher import Versioning as Versioning
    from penstock.messages.range_config import RangeConfig as RangeConfig
    from penstock.messages.range_config import RollingRange as RollingRange
    from penstock.messages.range_config import StaticRange as StaticRange
    from penstock.messages.trainer import EvalArgs as EvalArgs
    from penstock.messages.trainer import TrainArgs as TrainArgs
    from penstock.messages.transform import SplitsConfig as SplitsConfig
    from penstock.messages.tuner import TuneArgs as TuneArgs
    from penstock.proto import evaluation as evaluation
    from penstock.proto import orchestration as orchestration

    Filesystem = PushDestination.Filesystem
else:
    _NAMES = {
        "bulk_inferrer": (
            "ClassifyOutput DataSpec ModelSpec OutputColumnsSpec OutputExampleSpec PredictOutput "
            "PredictOutputCol RegressOutput"
        ),
        "distribution_validator": "DistributionValidatorConfig FeatureComparator",
        "evaluator": "FeatureSlicingSpec SingleSlicingSpec",
        "example_diff": "ExampleDiffConfig PairedExampleSkew",
        "example_gen": "CustomConfig FileFormat Input Output PayloadFormat SplitConfig",
        "infra_validator": (
            "EnvVar EnvVarSource KubernetesConfig LocalDockerConfig PodOverrides RequestSpec "
            "Resources SecretKeySelector ServingSpec TensorFlowServing "
            "TensorFlowServingRequestSpec ValidationSpec"
        ),
        "pusher": "PushDestination Versioning",
        "range_config": "RangeConfig RollingRange StaticRange",
        "trainer": "EvalArgs TrainArgs",
        "transform": "SplitsConfig",
        "tuner": "TuneArgs",
    }
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {name: f"penstock.messages.{module}" for module, names in _NAMES.items() for name in names.split()}
        | {
            "Filesystem": "penstock.messages.pusher:PushDestination.Filesystem",
            "evaluation": "penstock.proto.evaluation:",
            "orchestration": "penstock.proto.orchestration:",
        },
    )
