# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import importlib
import inspect

import pytest

import penstock.messages.evaluation
from penstock import proto
from penstock.messages.enums import ProtoEnum
from penstock.messages.message import Message

TFX_V1 = [
    "ClassifyOutput",
    "CustomConfig",
    "DataSpec",
    "DistributionValidatorConfig",
    "EnvVar",
    "EnvVarSource",
    "EvalArgs",
    "ExampleDiffConfig",
    "FeatureComparator",
    "FeatureSlicingSpec",
    "Filesystem",
    "Input",
    "KubernetesConfig",
    "LocalDockerConfig",
    "ModelSpec",
    "Output",
    "OutputColumnsSpec",
    "OutputExampleSpec",
    "PairedExampleSkew",
    "PodOverrides",
    "PredictOutput",
    "PredictOutputCol",
    "PushDestination",
    "RangeConfig",
    "RegressOutput",
    "RequestSpec",
    "RollingRange",
    "SecretKeySelector",
    "ServingSpec",
    "SingleSlicingSpec",
    "SplitConfig",
    "SplitsConfig",
    "StaticRange",
    "TensorFlowServing",
    "TensorFlowServingRequestSpec",
    "TrainArgs",
    "TuneArgs",
    "ValidationSpec",
    "PayloadFormat",
    "Versioning",
]
"""Names of ``tfx.v1.proto``, with the three that can be reached there without being listed."""

ALL: list[str] = vars(proto)["__all__"]


@pytest.mark.parametrize("name", TFX_V1)
def test_has_every_name_of_tfx(name: str) -> None:
    value = getattr(proto, name)
    assert issubclass(value, (Message, ProtoEnum))
    assert name in ALL
    assert name in dir(proto)


def test_star_import_gives_all_names() -> None:
    namespace: dict[str, object] = {}
    exec("from penstock.proto import *", namespace)
    assert set(ALL) <= set(namespace)


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(
        AttributeError, match=r"'penstock\.proto' has no attribute 'TrainArg'; did you mean 'TrainArgs'"
    ):
        proto.TrainArg  # type: ignore[attr-defined]  # noqa: B018 - the point of the test


def test_what_type_checkers_see_is_what_there_is() -> None:
    tree = ast.parse(inspect.getsource(proto))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    homes = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name not in ("evaluation", "orchestration")
    }
    assert seen | {"Filesystem"} == set(ALL)
    for name, module in homes.items():
        assert module is not None
        assert getattr(importlib.import_module(module), name) is getattr(proto, name)


def test_nested_names() -> None:
    assert proto.Filesystem is proto.PushDestination.Filesystem
    assert proto.Input(splits=[proto.Input.Split(name="a", pattern="a/*")]).splits[0].pattern == "a/*"
    assert proto.SplitConfig.Split(hash_buckets=2).hash_buckets == 2


def test_evaluation_is_a_namespace_of_its_own() -> None:
    config = proto.evaluation.EvalConfig(model_specs=[proto.evaluation.ModelSpec(label_key="tips")])
    assert config.model_specs[0].label_key == "tips"
    assert proto.evaluation.ModelSpec is not proto.ModelSpec  # type: ignore[comparison-overlap]  # the point of the test


def test_evaluation_has_every_message_of_the_evaluation_module() -> None:
    module = penstock.messages.evaluation
    own = {
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, (Message, ProtoEnum))
        and value.__module__ == module.__name__
    }
    assert own <= set(vars(proto.evaluation))


def test_orchestration_has_the_run_state() -> None:
    state = proto.orchestration.RunState(state=proto.orchestration.RunState.COMPLETE)
    assert state.state is proto.orchestration.RunState.State.COMPLETE


@pytest.mark.parametrize(
    "module",
    [
        "bulk_inferrer",
        "distribution_validator",
        "evaluator",
        "example_diff",
        "example_gen",
        "infra_validator",
        "pusher",
        "range_config",
        "trainer",
        "transform",
        "tuner",
    ],
)
def test_older_paths_have_the_same_classes(module: str) -> None:
    older = importlib.import_module(f"penstock.proto.{module}_pb2")
    newer = importlib.import_module(f"penstock.messages.{module}")
    own = {
        name: value
        for name, value in vars(newer).items()
        if isinstance(value, type)
        and issubclass(value, (Message, ProtoEnum))
        and value.__module__ == newer.__name__
    }
    assert own
    for name, value in own.items():
        assert getattr(older, name) is value
        members = value.__members__ if issubclass(value, ProtoEnum) else {}
        for member in members:
            assert getattr(older, member) is value[member]
