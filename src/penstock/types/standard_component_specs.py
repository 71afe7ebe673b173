# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.standard_component_specs``: the names of the standard components' inputs, outputs and parameters.

A specification (``TrainerSpec``) is made from the declaration of the component of that name when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from penstock import components
from penstock.graph.class_style import specification_of

_ELSEWHERE = {
    "FileBasedExampleGen": "penstock.components.example_gen.component",
    "QueryBasedExampleGen": "penstock.components.query_based_example_gen.component",
}

SCHEMA_KEY = "schema"
EXAMPLES_KEY = "examples"
MODEL_KEY = "model"
EXTERNAL_MODEL_KEY = "external_model"
BLESSING_KEY = "blessing"
TRAIN_ARGS_KEY = "train_args"
CUSTOM_CONFIG_KEY = "custom_config"
MODEL_BLESSING_KEY = "model_blessing"
TRANSFORM_GRAPH_KEY = "transform_graph"
EVAL_ARGS_KEY = "eval_args"
MODULE_FILE_KEY = "module_file"
EXCLUDE_SPLITS_KEY = "exclude_splits"
STATISTICS_KEY = "statistics"
ANOMALIES_KEY = "anomalies"
CUSTOM_VALIDATION_CONFIG_KEY = "custom_validation_config"
EVAL_CONFIG_KEY = "eval_config"
FEATURE_SLICING_SPEC_KEY = "feature_slicing_spec"
FAIRNESS_INDICATOR_THRESHOLDS_KEY = "fairness_indicator_thresholds"
EXAMPLE_SPLITS_KEY = "example_splits"
MODULE_PATH_KEY = "module_path"
BASELINE_MODEL_KEY = "baseline_model"
EXTERNAL_BASELINE_MODEL_KEY = "external_baseline_model"
EVALUATION_KEY = "evaluation"
MODEL_SUBFOLDER_KEY = "model_subfolder"
ADD_SPLIT_NAME_KEY = "add_split_name"
SERVING_SPEC_KEY = "serving_spec"
VALIDATION_SPEC_KEY = "validation_spec"
REQUEST_SPEC_KEY = "request_spec"
TUNER_FN_KEY = "tuner_fn"
TUNE_ARGS_KEY = "tune_args"
BEST_HYPERPARAMETERS_KEY = "best_hyperparameters"
TUNER_RESULTS_KEY = "tuner_results"
MODEL_SPEC_KEY = "model_spec"
DATA_SPEC_KEY = "data_spec"
OUTPUT_EXAMPLE_SPEC_KEY = "output_example_spec"
INFERENCE_RESULT_KEY = "inference_result"
OUTPUT_EXAMPLES_KEY = "output_examples"
INFER_FEATURE_SHAPE_KEY = "infer_feature_shape"
SCHEMA_FILE_KEY = "schema_file"
STATS_OPTIONS_JSON_KEY = "stats_options_json"
SHARDED_STATS_OUTPUT_KEY = "sharded_stats_output"
SAMPLE_RATE_BY_SPLIT_KEY = "sample_rate_by_split"
INPUT_BASE_KEY = "input_base"
INPUT_CONFIG_KEY = "input_config"
OUTPUT_CONFIG_KEY = "output_config"
OUTPUT_DATA_FORMAT_KEY = "output_data_format"
OUTPUT_FILE_FORMAT_KEY = "output_file_format"
RANGE_CONFIG_KEY = "range_config"
PUSH_DESTINATION_KEY = "push_destination"
INFRA_BLESSING_KEY = "infra_blessing"
PUSHED_MODEL_KEY = "pushed_model"
RUN_FN_KEY = "run_fn"
BASE_MODEL_KEY = "base_model"
HYPERPARAMETERS_KEY = "hyperparameters"
MODEL_RUN_KEY = "model_run"
PREPROCESSING_FN_KEY = "preprocessing_fn"
STATS_OPTIONS_UPDATER_FN_KEY = "stats_options_updater_fn"
SAVE_OPTIONS_KEY = "save_options"
SPLITS_CONFIG_KEY = "splits_config"
ANALYZER_CACHE_KEY = "analyzer_cache"
TRANSFORMED_EXAMPLES_KEY = "transformed_examples"
UPDATED_ANALYZER_CACHE_KEY = "updated_analyzer_cache"
DISABLE_STATISTICS_KEY = "disable_statistics"
PRE_TRANSFORM_SCHEMA_KEY = "pre_transform_schema"
PRE_TRANSFORM_STATS_KEY = "pre_transform_stats"
POST_TRANSFORM_SCHEMA_KEY = "post_transform_schema"
POST_TRANSFORM_STATS_KEY = "post_transform_stats"
POST_TRANSFORM_ANOMALIES_KEY = "post_transform_anomalies"
BASELINE_EXAMPLES_KEY = "baseline_examples"
EXAMPLE_DIFF_CONFIG_KEY = "example_diff_config"
EXAMPLE_DIFF_RESULT_KEY = "example_diff_result"
INCLUDE_SPLIT_PAIRS_KEY = "include_split_pairs"
BASELINE_STATISTICS_KEY = "baseline_statistics"
DISTRIBUTION_VALIDATOR_CONFIG_KEY = "distribution_validator_config"
VALIDATION_METRICS_KEY = "validation_metrics"
ARTIFACT_DISTRIBUTION_VALIDATOR_CONFIG_KEY = "artifact_distribution_validator_config"


def __getattr__(name: str) -> Any:
    component = _component(name.removesuffix("Spec")) if name.endswith("Spec") else None
    if component is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = specification_of(component, name)
    return made


def _component(name: str) -> Any:
    if name in _ELSEWHERE:
        return getattr(import_module(_ELSEWHERE[name]), name)
    return getattr(components, name, None)
