# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.messages.bulk_inferrer import OutputColumnsSpec
from penstock.messages.evaluation import (
    EvalConfig,
    GenericValueThreshold,
    MetricConfig,
    MetricsSpec,
    MetricThreshold,
    ModelSpec,
    PaddingOptions,
    SlicingSpec,
)
from penstock.messages.example_gen import Input, Output, SplitConfig
from penstock.messages.infra_validator import PodOverrides, ServingSpec
from penstock.messages.pusher import PushDestination, Versioning
from penstock.messages.range_config import RangeConfig, RollingRange, StaticRange
from penstock.messages.schema import InfinityNorm
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.messages.wrappers import DoubleValue

Filesystem = PushDestination.Filesystem


class TestConstructor:
    def test_takes_tfx_spelling(self) -> None:
        output = Output(
            split_config=SplitConfig(
                splits=[
                    SplitConfig.Split(name="train", hash_buckets=2),
                    SplitConfig.Split(name="eval", hash_buckets=1),
                ]
            )
        )
        assert [split.name for split in output.split_config.splits] == ["train", "eval"]
        assert output.split_config.splits[0].hash_buckets == 2

    def test_takes_mappings_for_messages_at_any_depth(self) -> None:
        given = Output(split_config={"splits": [{"name": "train", "hash_buckets": 2}]})
        assert given == Output(
            split_config=SplitConfig(splits=[SplitConfig.Split(name="train", hash_buckets=2)])
        )

    @pytest.mark.parametrize("value", [Versioning.UNIX_TIMESTAMP, 1, "UNIX_TIMESTAMP"])
    def test_takes_enumerations_as_member_number_or_name(self, value: Any) -> None:
        filesystem = Filesystem(versioning=value)
        assert filesystem.versioning is Versioning.UNIX_TIMESTAMP
        assert int(filesystem.versioning) == 1

    @pytest.mark.parametrize("value", [DoubleValue(value=0.5), {"value": 0.5}, 0.5])
    def test_takes_wrapped_values_as_message_mapping_or_bare(self, value: Any) -> None:
        assert GenericValueThreshold(lower_bound=value).lower_bound.value == 0.5

    def test_none_leaves_a_field_unset(self) -> None:
        assert PushDestination(filesystem=None) == PushDestination()
        assert TrainArgs(splits=None, num_steps=None) == TrainArgs()

    def test_copies_what_it_is_given(self) -> None:
        split = Input.Split(name="a")
        message = Input(splits=[split])
        split.name = "b"
        assert message.splits[0].name == "a"

    def test_refuses_an_unknown_field_and_names_the_nearest(self) -> None:
        with pytest.raises(
            ParameterError, match=r"TrainArgs has no field 'num_step'.*did you mean 'num_steps'"
        ):
            TrainArgs(num_step=3)  # type: ignore[call-arg]  # the point of the test

    def test_names_the_path_of_a_bad_value(self) -> None:
        with pytest.raises(
            ParameterError, match=r"Output\.split_config\.splits\[1\]\.hash_buckets has the wrong type"
        ):
            Output(split_config={"splits": [{"name": "a"}, {"hash_buckets": "two"}]})

    def test_refuses_another_message(self) -> None:
        with pytest.raises(
            ParameterError, match=r"RangeConfig.static_range.*expected: a StaticRange; got: RollingRange"
        ):
            RangeConfig(static_range=RollingRange())  # type: ignore[arg-type]  # the point of the test

    def test_refuses_numbers_as_text_that_json_would_have(self) -> None:
        with pytest.raises(
            ParameterError, match=r"TrainArgs.num_steps has the wrong type; expected: an integer; got: '5'"
        ):
            TrainArgs(num_steps="5")  # type: ignore[arg-type]  # the point of the test

    def test_refuses_two_fields_of_one_group(self) -> None:
        with pytest.raises(ParameterError, match="RangeConfig has both 'static_range' and 'rolling_range'"):
            RangeConfig(static_range=StaticRange(), rolling_range=RollingRange())

    @pytest.mark.parametrize("value", ["train", b"train", 3, {"train": 1}])
    def test_refuses_what_is_no_list(self, value: Any) -> None:
        with pytest.raises(ParameterError, match=r"TrainArgs.splits has the wrong type; expected: a list"):
            TrainArgs(splits=value)

    def test_refuses_what_is_no_mapping(self) -> None:
        with pytest.raises(
            ParameterError, match=r"PodOverrides.annotations has the wrong type; expected: a mapping"
        ):
            PodOverrides(annotations=["a"])  # type: ignore[arg-type]  # the point of the test


class TestReadingAndPresence:
    def test_unset_scalars_have_defaults(self) -> None:
        args = TrainArgs()
        assert (args.num_steps, list(args.splits)) == (0, [])
        assert Filesystem().versioning is Versioning.AUTO

    def test_reading_an_unset_message_gives_an_empty_one_and_sets_nothing(self) -> None:
        destination = PushDestination()
        assert destination.filesystem.base_directory == ""
        assert not destination.HasField("filesystem")
        assert destination == PushDestination()

    def test_setting_through_an_unset_message_sets_it(self) -> None:
        destination = PushDestination()
        destination.filesystem.base_directory = "/serving"
        assert destination == PushDestination(filesystem=Filesystem(base_directory="/serving"))

    def test_filling_a_list_of_an_unset_message_sets_all_above_it(self) -> None:
        output = Output()
        output.split_config.splits.add(name="train", hash_buckets=3)
        assert output.HasField("split_config")
        assert output.split_config.splits[0].hash_buckets == 3

    def test_filling_a_map_of_an_unset_message_sets_all_above_it(self) -> None:
        spec = ServingSpec()
        spec.kubernetes.serving_pod_overrides.annotations["a"] = "b"
        assert spec.WhichOneof("serving_platform") == "kubernetes"
        assert spec.to_dict() == {"kubernetes": {"serving_pod_overrides": {"annotations": {"a": "b"}}}}

    def test_set_in_parent_makes_an_empty_message_count(self) -> None:
        threshold = MetricThreshold()
        threshold.value_threshold.SetInParent()
        assert threshold.HasField("value_threshold")
        assert threshold.to_dict() == {"value_threshold": {}}

    def test_setting_a_default_through_an_unset_message_sets_it(self) -> None:
        destination = PushDestination()
        destination.filesystem.base_directory = ""
        assert destination.HasField("filesystem")

    def test_a_message_that_was_cleared_no_longer_belongs(self) -> None:
        destination = PushDestination()
        before = destination.filesystem
        destination.ClearField("filesystem")
        before.base_directory = "/lost"
        assert not destination.HasField("filesystem")

    def test_a_list_that_was_cleared_no_longer_belongs(self) -> None:
        output = Output()
        splits = output.split_config.splits
        output.split_config.ClearField("splits")
        output.Clear()
        splits.add(name="lost")
        assert output == Output()

    def test_optional_scalar_keeps_a_default_that_was_set(self) -> None:
        assert InfinityNorm(threshold=0).HasField("threshold")
        assert InfinityNorm(threshold=0).to_dict() == {"threshold": 0.0}
        assert InfinityNorm() != InfinityNorm(threshold=0)

    def test_has_field_refuses_a_field_without_presence(self) -> None:
        with pytest.raises(ParameterError, match=r"TrainArgs.num_steps has no presence"):
            TrainArgs().HasField("num_steps")

    def test_has_field_refuses_an_unknown_field(self) -> None:
        with pytest.raises(ParameterError, match="PushDestination has no field 'filesytem'"):
            PushDestination().HasField("filesytem")

    def test_reading_or_setting_an_unknown_attribute_names_the_nearest(self) -> None:
        args = TrainArgs()
        with pytest.raises(AttributeError, match="did you mean 'num_steps'"):
            args.num_stepz  # type: ignore[attr-defined]  # noqa: B018 - the point of the test
        with pytest.raises(ParameterError, match="did you mean 'num_steps'"):
            args.num_stepz = 3  # type: ignore[attr-defined]  # the point of the test
        assert not hasattr(args, "num_stepz")

    def test_list_fields_gives_what_is_set_in_order(self) -> None:
        args = TrainArgs(num_steps=5, splits=["a"])
        assert [(field.name, value) for field, value in args.ListFields()] == [
            ("splits", ["a"]),
            ("num_steps", 5),
        ]


class TestOneof:
    def test_says_which_is_set(self) -> None:
        config = RangeConfig()
        assert config.WhichOneof("range") is None
        config.rolling_range.num_spans = 3
        assert config.WhichOneof("range") == "rolling_range"
        assert config.HasField("range")

    def test_setting_one_unsets_the_others(self) -> None:
        config = RangeConfig(static_range=StaticRange(start_span_number=1))
        config.rolling_range.num_spans = 3
        assert not config.HasField("static_range")
        assert config.to_dict() == {"rolling_range": {"num_spans": 3}}

    def test_scalars_of_a_group_have_presence(self) -> None:
        options = PaddingOptions(label_int_padding=0)
        assert options.WhichOneof("label_padding") == "label_int_padding"
        options.label_float_padding = 1.5
        assert not options.HasField("label_int_padding")
        assert options.HasField("label_float_padding")

    def test_groups_are_apart(self) -> None:
        options = PaddingOptions(label_int_padding=1, prediction_int_padding=2)
        options.ClearField("label_padding")
        assert options == PaddingOptions(prediction_int_padding=2)

    def test_refuses_an_unknown_group(self) -> None:
        with pytest.raises(
            ParameterError, match=r"RangeConfig has no oneof group 'rage'.*did you mean 'range'"
        ):
            RangeConfig().WhichOneof("rage")

    def test_reading_another_member_keeps_the_one_that_is_set(self) -> None:
        spec = OutputColumnsSpec(classify_output={"label_column": "l"})
        assert spec.predict_output.output_columns == []
        assert spec.WhichOneof("output_type") == "classify_output"


class TestRepeated:
    def test_behaves_as_a_list(self) -> None:
        splits = TrainArgs(splits=["a", "b"]).splits
        splits.append("c")
        splits.extend(["d", "e"])
        splits.insert(0, "z")
        splits.remove("b")
        del splits[-1]
        splits[1] = "A"
        assert splits == ["z", "A", "c", "d"]
        assert splits[1:3] == ["A", "c"]
        splits[1:3] = ["x"]
        splits.sort(reverse=True)
        assert list(splits) == ["z", "x", "d"]
        assert "x" in splits
        assert repr(splits) == "['z', 'x', 'd']"
        assert splits == ("z", "x", "d")
        assert splits != "zxd"

    def test_checks_what_goes_in(self) -> None:
        args = TrainArgs(splits=["a"])
        with pytest.raises(
            ParameterError, match=r"TrainArgs.splits\[1\] has the wrong type; expected: a string; got: 3"
        ):
            args.splits.append(3)  # type: ignore[arg-type]  # the point of the test
        with pytest.raises(ParameterError, match=r"TrainArgs.splits\[2\]"):
            args.splits.extend(["b", 4])  # type: ignore[list-item]  # the point of the test
        assert args.splits == ["a"]

    def test_add_returns_the_message_that_is_in(self) -> None:
        message = Input()
        message.splits.add(name="a").pattern = "a/*"
        assert message == Input(splits=[Input.Split(name="a", pattern="a/*")])

    def test_append_copies(self) -> None:
        message, split = Input(), Input.Split(name="a")
        message.splits.append(split)
        split.name = "b"
        assert message.splits[0].name == "a"

    def test_assignment_replaces_all(self) -> None:
        args = TrainArgs(splits=["a", "b"])
        args.splits = ["c"]
        assert args.splits == ["c"]
        args.splits = args.splits
        assert args.splits == ["c"]


class TestMaps:
    def test_behaves_as_a_dictionary(self) -> None:
        annotations = PodOverrides(annotations={"a": "1"}).annotations
        annotations["b"] = "2"
        annotations.update({"c": "3"})
        del annotations["a"]
        assert annotations == {"b": "2", "c": "3"}
        assert annotations.get("a") is None
        with pytest.raises(KeyError):
            annotations["a"]

    def test_checks_keys_and_values(self) -> None:
        overrides = PodOverrides()
        with pytest.raises(
            ParameterError, match=r"PodOverrides.annotations\['a'\].*expected: a string; got: 1"
        ):
            overrides.annotations["a"] = 1  # type: ignore[assignment]  # the point of the test
        with pytest.raises(
            ParameterError, match=r"PodOverrides.annotations\[1\].*expected: a string; got: 1"
        ):
            overrides.annotations[1] = "a"  # type: ignore[index]  # the point of the test
        assert overrides == PodOverrides()

    def test_reading_a_message_map_makes_the_message(self) -> None:
        spec = MetricsSpec()
        spec.thresholds["auc"].value_threshold.lower_bound.value = 0.5
        assert spec == MetricsSpec(
            thresholds={"auc": MetricThreshold(value_threshold=GenericValueThreshold(lower_bound=0.5))}
        )

    def test_get_and_in_make_no_message(self) -> None:
        spec = MetricsSpec()
        assert "auc" not in spec.thresholds
        assert spec.thresholds.get("auc") is None
        assert spec == MetricsSpec()


class TestCopyingAndComparing:
    @pytest.fixture
    def config(self) -> EvalConfig:
        return EvalConfig(
            model_specs=[ModelSpec(label_key="tips", label_keys={"a": "b"})],
            slicing_specs=[SlicingSpec(), SlicingSpec(feature_keys=["hour"])],
            metrics_specs=[
                MetricsSpec(metrics=[MetricConfig(class_name="AUC")], thresholds={"auc": MetricThreshold()})
            ],
        )

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
    def test_copies_are_equal_and_apart(self, config: EvalConfig, copied: Any) -> None:
        other = copied(config)
        assert other == config
        other.model_specs[0].label_keys["a"] = "c"
        other.metrics_specs[0].thresholds["auc"].value_threshold.lower_bound.value = 1
        assert config.model_specs[0].label_keys["a"] == "b"
        assert not config.metrics_specs[0].thresholds["auc"].HasField("value_threshold")

    def test_merge_overwrites_appends_and_updates(self) -> None:
        spec = ModelSpec(name="a", label_keys={"x": "1"}, preprocessing_function_names=["f"])
        spec.MergeFrom(ModelSpec(label_key="l", label_keys={"y": "2"}, preprocessing_function_names=["g"]))
        assert spec == ModelSpec(
            name="a", label_key="l", label_keys={"x": "1", "y": "2"}, preprocessing_function_names=["f", "g"]
        )

    def test_merge_goes_into_messages(self) -> None:
        destination = PushDestination(filesystem={"base_directory": "x"})
        destination.MergeFrom(PushDestination(filesystem={"versioning": 1}))
        assert destination == PushDestination(filesystem=Filesystem(base_directory="x", versioning=1))

    def test_copy_from_replaces(self) -> None:
        args = TrainArgs(splits=["a"], num_steps=1)
        args.CopyFrom(TrainArgs(splits=["b"]))
        assert args == TrainArgs(splits=["b"])
        args.CopyFrom(args)
        assert args == TrainArgs(splits=["b"])

    def test_copy_from_into_an_unset_message_sets_it(self) -> None:
        destination = PushDestination()
        destination.filesystem.CopyFrom(Filesystem())
        assert destination.HasField("filesystem")

    def test_copy_from_refuses_another_type(self) -> None:
        with pytest.raises(
            ParameterError, match=r"TrainArgs has the wrong type; expected: a TrainArgs; got: EvalArgs\(\)"
        ):
            TrainArgs().CopyFrom(EvalArgs())  # type: ignore[arg-type]  # the point of the test

    def test_types_with_the_same_fields_differ(self) -> None:
        assert TrainArgs() != EvalArgs()
        assert Input.Split() != SplitConfig.Split()

    def test_presence_counts_in_comparisons(self) -> None:
        assert PushDestination(filesystem=Filesystem()) != PushDestination()

    def test_has_no_hash(self) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(TrainArgs())

    def test_repr_can_be_evaluated(self) -> None:
        message = PushDestination(filesystem=Filesystem(base_directory="x", versioning=1))
        assert repr(message) == (
            "PushDestination(filesystem=PushDestination.Filesystem(base_directory='x', versioning='UNIX_TIMESTAMP'))"
        )
        assert eval(repr(message)) == message

    def test_assigning_a_message_copies_it(self) -> None:
        filesystem = Filesystem(base_directory="x")
        destination = PushDestination()
        destination.filesystem = filesystem
        filesystem.base_directory = "y"
        assert destination.filesystem.base_directory == "x"
        destination.filesystem = None
        assert not destination.HasField("filesystem")


class TestEnumerations:
    def test_has_protobufs_methods(self) -> None:
        assert Versioning.Name(1) == "UNIX_TIMESTAMP"
        assert Versioning.Value("UNIX_TIMESTAMP") == 1
        assert Versioning.keys() == ["AUTO", "UNIX_TIMESTAMP"]
        assert Versioning.values() == [0, 1]
        assert Versioning.items() == [("AUTO", 0), ("UNIX_TIMESTAMP", 1)]

    def test_prints_as_its_number(self) -> None:
        assert (
            f"{Versioning.UNIX_TIMESTAMP} {Versioning.UNIX_TIMESTAMP!s} {Versioning.UNIX_TIMESTAMP:02}"
            == "1 1 01"
        )

    def test_refuses_unknown_names_and_numbers(self) -> None:
        with pytest.raises(ParameterError, match="Versioning has a value that is not allowed"):
            Versioning.Name(7)
        with pytest.raises(ParameterError, match="Versioning has a value that is not allowed"):
            Versioning.Value("NEVER")
