# SPDX-License-Identifier: Apache-2.0
"""The one door to TensorFlow Model Analysis.

Its package swallows whatever import fails and prints it on stderr (the released 0.47 lacks a package that its
``__init__`` wants), which also leaves names out of its top level. Names are therefore taken from the modules that
define them, and the noise is kept from the user's log.
"""

from __future__ import annotations

import contextlib
import io

with contextlib.redirect_stderr(io.StringIO()):
    import tensorflow_model_analysis  # noqa: F401  first, so that what it prints is caught here

from tensorflow_model_analysis import constants as constants
from tensorflow_model_analysis.api import model_eval_lib as model_eval_lib
from tensorflow_model_analysis.api import types as types
from tensorflow_model_analysis.evaluators import metrics_validator as metrics_validator
from tensorflow_model_analysis.extractors import slice_key_extractor as slice_key_extractor
from tensorflow_model_analysis.extractors import sql_slice_key_extractor as sql_slice_key_extractor
from tensorflow_model_analysis.extractors import unbatch_extractor as unbatch_extractor
from tensorflow_model_analysis.metrics import metric_specs as metric_specs
from tensorflow_model_analysis.metrics import metric_types as metric_types
from tensorflow_model_analysis.metrics import metric_util as metric_util
from tensorflow_model_analysis.proto import config_pb2 as config_pb2
from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as metrics_for_slice_pb2
from tensorflow_model_analysis.proto import validation_result_pb2 as validation_result_pb2
from tensorflow_model_analysis.slicer import slicer_lib as slicer_lib
from tensorflow_model_analysis.utils import config_util as config_util
from tensorflow_model_analysis.utils import keras_lib as keras_lib
from tensorflow_model_analysis.utils import model_util as model_util
from tensorflow_model_analysis.utils import util as util
from tensorflow_model_analysis.version import VERSION as VERSION
from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as results_writer

__all__ = [
    "VERSION",
    "config_pb2",
    "config_util",
    "constants",
    "keras_lib",
    "metric_specs",
    "metric_types",
    "metric_util",
    "metrics_for_slice_pb2",
    "metrics_validator",
    "model_eval_lib",
    "model_util",
    "results_writer",
    "slice_key_extractor",
    "slicer_lib",
    "sql_slice_key_extractor",
    "types",
    "unbatch_extractor",
    "util",
    "validation_result_pb2",
]
