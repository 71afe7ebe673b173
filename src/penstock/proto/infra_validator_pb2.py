# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.infra_validator_pb2``, for code that imports the older path."""

from __future__ import annotations

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
