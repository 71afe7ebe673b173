# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.path_utils``: where in a Model artifact the models lie.

Models of TFX before 0.29 had other folders, which these functions know too.
"""

from __future__ import annotations

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.lookup import is_artifact_version_older_than
from penstock.utils import path_constants
from penstock.utils.io_utils import get_only_uri_in_dir

_OLD_EVAL_MODEL_DIR = "eval_model_dir"
_OLD_SERVING_MODEL_DIR = "serving_model_dir"


def is_old_model_artifact(model_artifact: Artifact) -> bool:
    """Says whether a TFX before 0.29 wrote a model."""
    return is_artifact_version_older_than(model_artifact, "0.29")


def eval_model_dir(output_uri: str, is_old_artifact: bool = False) -> str:
    """Returns the folder of the model for evaluation."""
    name = _OLD_EVAL_MODEL_DIR if is_old_artifact else path_constants.EVAL_MODEL_DIR
    return files.join(output_uri, name)


def serving_model_dir(output_uri: str, is_old_artifact: bool = False) -> str:
    """Returns the folder of the servable model."""
    name = _OLD_SERVING_MODEL_DIR if is_old_artifact else path_constants.SERVING_MODEL_DIR
    return files.join(output_uri, name)


def get_model_dir_by_type(output_uri: str, model_type: str, is_old_artifact: bool = False) -> str:
    """Returns the folder of the model of a type: ``tfma_eval``, or any other for the servable one."""
    find = eval_model_dir if model_type == path_constants.TFMA_EVAL else serving_model_dir
    return find(output_uri, is_old_artifact)


def serving_model_path(output_uri: str, is_old_artifact: bool = False) -> str:
    """Returns where the servable model itself lies: in its folder, or where estimators put it below that."""
    folder = serving_model_dir(output_uri, is_old_artifact)
    export = files.join(folder, "export")
    return get_only_uri_in_dir(get_only_uri_in_dir(export)) if files.exists(export) else folder


def eval_model_path(output_uri: str, is_old_artifact: bool = False) -> str:
    """Returns where the model for evaluation itself lies; that is the servable one where there is no other."""
    folder = eval_model_dir(output_uri, is_old_artifact)
    if files.exists(files.join(folder, "saved_model.pb")):
        return folder
    return (
        get_only_uri_in_dir(folder)
        if files.exists(folder)
        else serving_model_path(output_uri, is_old_artifact)
    )


def stamped_model_path(output_uri: str) -> str:
    """Returns the folder of the model with warm-up requests in an InfraBlessing."""
    return files.join(output_uri, path_constants.STAMPED_MODEL_DIR)


def warmup_file_path(saved_model_path: str) -> str:
    """Returns the file of a SavedModel's warm-up requests."""
    return files.join(saved_model_path, "assets.extra", "tf_serving_warmup_requests")
