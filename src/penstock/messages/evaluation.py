# SPDX-License-Identifier: Apache-2.0
"""TFMA's evaluation configuration: models, slices, metrics and thresholds.

The JSON of an ``EvalConfig`` here is the JSON of a ``tfma.EvalConfig`` there, so that a pipeline file needs no
TensorFlow.
"""

from __future__ import annotations

from typing import ClassVar

from penstock.messages.enums import ProtoEnum
from penstock.messages.fields import (
    Embedded,
    Enumeration,
    Map,
    MessageMap,
    Repeated,
    RepeatedMessages,
    Scalar,
    Wrapped,
)
from penstock.messages.kinds import BOOL, FLOAT, INT32, INT64, STRING
from penstock.messages.message import Message
from penstock.messages.wrappers import BoolValue, DoubleValue, Int32Value


class MetricDirection(ProtoEnum):
    """Which way a metric improves."""

    UNKNOWN = 0
    LOWER_IS_BETTER = 1
    HIGHER_IS_BETTER = 2


class RepeatedStringValue(Message, package="tensorflow_model_analysis"):
    """Texts, of which there may be none.

    Attributes:
        values: The texts.
    """

    values: Repeated[str] = Repeated(STRING)


class RepeatedInt32Value(Message, package="tensorflow_model_analysis"):
    """Integers, of which there may be none.

    Attributes:
        values: The integers.
    """

    values: Repeated[int] = Repeated(INT32)


class PaddingOptions(Message, package="tensorflow_model_analysis"):
    """What fills up the shorter of labels and predictions.

    Attributes:
        label_int_padding: For labels that are integers.
        label_float_padding: For labels that are floats.
        prediction_int_padding: For predictions that are integers.
        prediction_float_padding: For predictions that are floats.
    """

    label_int_padding: Scalar[int] = Scalar(INT64, oneof="label_padding")
    label_float_padding: Scalar[float] = Scalar(FLOAT, oneof="label_padding")
    prediction_int_padding: Scalar[int] = Scalar(INT64, oneof="prediction_padding")
    prediction_float_padding: Scalar[float] = Scalar(FLOAT, oneof="prediction_padding")


class ModelSpec(Message, package="tensorflow_model_analysis"):
    """One model of an evaluation.

    Attributes:
        name: Name of the model in the results; TFX's are ``candidate`` and ``baseline``.
        model_type: Kind of model, such as ``tf_keras`` or ``tf_generic``; found out where it is empty.
        signature_name: Signature that predicts.
        preprocessing_function_names: Functions saved with the model that features go through first, in this order.
        label_key: Feature or transformed feature with the label.
        label_keys: The same for models with several outputs, by output.
        prediction_key: Key of the prediction in the model's output, or in the data where it was made before.
        prediction_keys: The same for models with several outputs, by output.
        example_weight_key: Feature with the weight of the example.
        example_weight_keys: The same for models with several outputs, by output.
        is_baseline: Whether it is the model that the others are compared with.
        padding_options: How labels and predictions of unequal length are made equal.
        inference_batch_size: Number of examples that are predicted at once.
    """

    name: Scalar[str] = Scalar(STRING)
    model_type: Scalar[str] = Scalar(STRING)
    signature_name: Scalar[str] = Scalar(STRING)
    preprocessing_function_names: Repeated[str] = Repeated(STRING)
    label_key: Scalar[str] = Scalar(STRING)
    label_keys: Map[str, str] = Map(STRING, STRING)
    prediction_key: Scalar[str] = Scalar(STRING)
    prediction_keys: Map[str, str] = Map(STRING, STRING)
    example_weight_key: Scalar[str] = Scalar(STRING)
    example_weight_keys: Map[str, str] = Map(STRING, STRING)
    is_baseline: Scalar[bool] = Scalar(BOOL)
    padding_options: Embedded[PaddingOptions] = Embedded(PaddingOptions)
    inference_batch_size: Scalar[int] = Scalar(INT32)


class SlicingSpec(Message, package="tensorflow_model_analysis"):
    """One way of slicing the data; an empty one is the whole data.

    Attributes:
        feature_keys: Features whose combined values make the slices.
        feature_values: Features that must have these values, by feature.
        slice_keys_sql: An SQL expression that gives the slices of a row, instead.
    """

    feature_keys: Repeated[str] = Repeated(STRING)
    feature_values: Map[str, str] = Map(STRING, STRING)
    slice_keys_sql: Scalar[str] = Scalar(STRING)


class CrossSlicingSpec(Message, package="tensorflow_model_analysis"):
    """Slices that are compared with another one.

    Attributes:
        baseline_spec: The slice that they are compared with.
        slicing_specs: The slices.
    """

    baseline_spec: Embedded[SlicingSpec] = Embedded(SlicingSpec)
    slicing_specs: RepeatedMessages[SlicingSpec] = RepeatedMessages(SlicingSpec)


class AggregationOptions(Message, package="tensorflow_model_analysis"):
    """How metrics of several classes become one.

    Attributes:
        micro_average: All examples count the same.
        macro_average: All classes count the same.
        weighted_macro_average: Classes count by their share of positive labels.
        class_weights: Weight of each class, by class id.
        top_k_list: Only this many classes with the highest predictions count, once per number.
    """

    micro_average: Scalar[bool] = Scalar(BOOL, oneof="type")
    macro_average: Scalar[bool] = Scalar(BOOL, oneof="type")
    weighted_macro_average: Scalar[bool] = Scalar(BOOL, oneof="type")
    class_weights: Map[int, float] = Map(INT32, FLOAT)
    top_k_list: Embedded[RepeatedInt32Value] = Embedded(RepeatedInt32Value)


class BinarizationOptions(Message, package="tensorflow_model_analysis"):
    """How predictions of several classes become binary ones.

    Attributes:
        class_ids: One class against the rest, once per id.
        k_list: The class with the k-th highest prediction, once per number.
        top_k_list: The classes with the k highest predictions, once per number.
    """

    class_ids: Embedded[RepeatedInt32Value] = Embedded(RepeatedInt32Value)
    k_list: Embedded[RepeatedInt32Value] = Embedded(RepeatedInt32Value)
    top_k_list: Embedded[RepeatedInt32Value] = Embedded(RepeatedInt32Value)


class ExampleWeightOptions(Message, package="tensorflow_model_analysis"):
    """Whether metrics are computed with the examples' weights, without them, or both.

    Attributes:
        weighted: With them.
        unweighted: Without them.
    """

    weighted: Scalar[bool] = Scalar(BOOL)
    unweighted: Scalar[bool] = Scalar(BOOL)


class GenericChangeThreshold(Message, package="tensorflow_model_analysis"):
    """By how much a metric must change against the baseline's.

    Where higher is better, the change (or the change divided by the baseline's value) must be at least the bound;
    where lower is better, at most. A bound beyond 0 in the worse direction is a regression that is allowed.

    Attributes:
        absolute: Bound for the change.
        relative: Bound for the change divided by the baseline's value.
        direction: Which way the metric improves.
    """

    absolute: Wrapped[DoubleValue, float] = Wrapped(DoubleValue)
    relative: Wrapped[DoubleValue, float] = Wrapped(DoubleValue)
    direction: Enumeration[MetricDirection] = Enumeration(MetricDirection)


class GenericValueThreshold(Message, package="tensorflow_model_analysis"):
    """Between which values a metric must lie.

    Attributes:
        lower_bound: The lowest value, inclusive; none where it is not set.
        upper_bound: The highest value, inclusive; none where it is not set.
    """

    lower_bound: Wrapped[DoubleValue, float] = Wrapped(DoubleValue)
    upper_bound: Wrapped[DoubleValue, float] = Wrapped(DoubleValue)


class MetricThreshold(Message, package="tensorflow_model_analysis"):
    """What a metric must fulfil for the model to be blessed.

    Attributes:
        value_threshold: About its value.
        change_threshold: About its change against the baseline's.
    """

    value_threshold: Embedded[GenericValueThreshold] = Embedded(
        GenericValueThreshold, oneof="validate_absolute"
    )
    change_threshold: Embedded[GenericChangeThreshold] = Embedded(
        GenericChangeThreshold, oneof="validate_relative"
    )


class PerSliceMetricThreshold(Message, package="tensorflow_model_analysis"):
    """A threshold for certain slices.

    Attributes:
        slicing_specs: The slices, defined again in the ``EvalConfig``.
        threshold: The threshold.
    """

    slicing_specs: RepeatedMessages[SlicingSpec] = RepeatedMessages(SlicingSpec)
    threshold: Embedded[MetricThreshold] = Embedded(MetricThreshold)


class PerSliceMetricThresholds(Message, package="tensorflow_model_analysis"):
    """Thresholds for certain slices.

    Attributes:
        thresholds: The thresholds.
    """

    thresholds: RepeatedMessages[PerSliceMetricThreshold] = RepeatedMessages(PerSliceMetricThreshold)


class CrossSliceMetricThreshold(Message, package="tensorflow_model_analysis"):
    """A threshold for comparisons between slices.

    Attributes:
        cross_slicing_specs: The comparisons, defined again in the ``EvalConfig``.
        threshold: The threshold.
    """

    cross_slicing_specs: RepeatedMessages[CrossSlicingSpec] = RepeatedMessages(CrossSlicingSpec)
    threshold: Embedded[MetricThreshold] = Embedded(MetricThreshold)


class CrossSliceMetricThresholds(Message, package="tensorflow_model_analysis"):
    """Thresholds for comparisons between slices.

    Attributes:
        thresholds: The thresholds.
    """

    thresholds: RepeatedMessages[CrossSliceMetricThreshold] = RepeatedMessages(CrossSliceMetricThreshold)


class MetricConfig(Message, package="tensorflow_model_analysis"):
    """One metric.

    Attributes:
        class_name: Its class, one of TFMA's or Keras's metrics, or of ``module``.
        module: Module of the class.
        config: JSON of the class's arguments; the outer braces may be left out.
        threshold: What it must fulfil on all slices.
        per_slice_thresholds: What it must fulfil on certain slices.
        cross_slice_thresholds: What it must fulfil between slices.
    """

    class_name: Scalar[str] = Scalar(STRING)
    module: Scalar[str] = Scalar(STRING)
    config: Scalar[str] = Scalar(STRING)
    threshold: Embedded[MetricThreshold] = Embedded(MetricThreshold)
    per_slice_thresholds: RepeatedMessages[PerSliceMetricThreshold] = RepeatedMessages(
        PerSliceMetricThreshold
    )
    cross_slice_thresholds: RepeatedMessages[CrossSliceMetricThreshold] = RepeatedMessages(
        CrossSliceMetricThreshold
    )


class MetricsSpec(Message, package="tensorflow_model_analysis"):
    """Metrics that are computed in the same way.

    Attributes:
        metrics: The metrics.
        model_names: Models they are computed for; all where none is given.
        output_names: Outputs they are computed for.
        output_weights: Weights with which outputs become one, by output.
        binarize: How predictions of several classes become binary ones.
        aggregate: How metrics of several classes become one.
        example_weights: Whether examples are weighted.
        query_key: Feature that says which examples belong to one query.
        thresholds: What metrics saved with the model must fulfil on all slices, by metric.
        per_slice_thresholds: What they must fulfil on certain slices, by metric.
        cross_slice_thresholds: What they must fulfil between slices, by metric.
    """

    metrics: RepeatedMessages[MetricConfig] = RepeatedMessages(MetricConfig)
    model_names: Repeated[str] = Repeated(STRING)
    output_names: Repeated[str] = Repeated(STRING)
    output_weights: Map[str, float] = Map(STRING, FLOAT)
    binarize: Embedded[BinarizationOptions] = Embedded(BinarizationOptions)
    aggregate: Embedded[AggregationOptions] = Embedded(AggregationOptions)
    example_weights: Embedded[ExampleWeightOptions] = Embedded(ExampleWeightOptions)
    query_key: Scalar[str] = Scalar(STRING)
    thresholds: MessageMap[str, MetricThreshold] = MessageMap(STRING, MetricThreshold)
    per_slice_thresholds: MessageMap[str, PerSliceMetricThresholds] = MessageMap(
        STRING, PerSliceMetricThresholds
    )
    cross_slice_thresholds: MessageMap[str, CrossSliceMetricThresholds] = MessageMap(
        STRING, CrossSliceMetricThresholds
    )


class ConfidenceIntervalOptions(Message, package="tensorflow_model_analysis"):
    """How confidence intervals are computed.

    Attributes:
        method: The method, for all metrics.
    """

    class ConfidenceIntervalMethod(ProtoEnum):
        """Method by which confidence intervals are computed."""

        UNKNOWN_CONFIDENCE_INTERVAL_METHOD = 0
        POISSON_BOOTSTRAP = 1
        JACKKNIFE = 2

    UNKNOWN_CONFIDENCE_INTERVAL_METHOD: ClassVar[ConfidenceIntervalMethod] = (
        ConfidenceIntervalMethod.UNKNOWN_CONFIDENCE_INTERVAL_METHOD
    )
    POISSON_BOOTSTRAP: ClassVar[ConfidenceIntervalMethod] = ConfidenceIntervalMethod.POISSON_BOOTSTRAP
    JACKKNIFE: ClassVar[ConfidenceIntervalMethod] = ConfidenceIntervalMethod.JACKKNIFE

    method: Enumeration[ConfidenceIntervalMethod] = Enumeration(ConfidenceIntervalMethod)


class Options(Message, package="tensorflow_model_analysis"):
    """Settings of the whole evaluation.

    Attributes:
        include_default_metrics: Whether metrics saved with the model are computed too.
        compute_confidence_intervals: Whether confidence intervals are computed.
        confidence_intervals: How they are computed.
        min_slice_size: Slices with fewer examples are left out.
        disabled_outputs: Results that are not written, such as ``plots``.
    """

    include_default_metrics: Wrapped[BoolValue, bool] = Wrapped(BoolValue)
    compute_confidence_intervals: Wrapped[BoolValue, bool] = Wrapped(BoolValue)
    confidence_intervals: Embedded[ConfidenceIntervalOptions] = Embedded(ConfidenceIntervalOptions)
    min_slice_size: Wrapped[Int32Value, int] = Wrapped(Int32Value)
    disabled_outputs: Embedded[RepeatedStringValue] = Embedded(RepeatedStringValue)


class EvalConfig(Message, package="tensorflow_model_analysis"):
    """A whole evaluation.

    Attributes:
        model_specs: The models.
        slicing_specs: The ways of slicing the data.
        cross_slicing_specs: The comparisons between slices.
        metrics_specs: The metrics and what they must fulfil.
        options: Settings of the whole evaluation.
    """

    model_specs: RepeatedMessages[ModelSpec] = RepeatedMessages(ModelSpec)
    slicing_specs: RepeatedMessages[SlicingSpec] = RepeatedMessages(SlicingSpec)
    cross_slicing_specs: RepeatedMessages[CrossSlicingSpec] = RepeatedMessages(CrossSlicingSpec)
    metrics_specs: RepeatedMessages[MetricsSpec] = RepeatedMessages(MetricsSpec)
    options: Embedded[Options] = Embedded(Options)
