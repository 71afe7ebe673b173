# SPDX-License-Identifier: Apache-2.0
"""TFX's ``types.standard_artifacts``."""

from __future__ import annotations

from penstock.artifacts.standard import Boolean as Boolean
from penstock.artifacts.standard import Bytes as Bytes
from penstock.artifacts.standard import DeadLetters as DeadLetters
from penstock.artifacts.standard import ExampleAnomalies as ExampleAnomalies
from penstock.artifacts.standard import Examples as Examples
from penstock.artifacts.standard import ExamplesDiff as ExamplesDiff
from penstock.artifacts.standard import ExampleStatistics as ExampleStatistics
from penstock.artifacts.standard import ExternalArtifact as ExternalArtifact
from penstock.artifacts.standard import Float as Float
from penstock.artifacts.standard import HyperParameters as HyperParameters
from penstock.artifacts.standard import InferenceResult as InferenceResult
from penstock.artifacts.standard import InfraBlessing as InfraBlessing
from penstock.artifacts.standard import Integer as Integer
from penstock.artifacts.standard import JsonValue as JsonValue
from penstock.artifacts.standard import Model as Model
from penstock.artifacts.standard import ModelBlessing as ModelBlessing
from penstock.artifacts.standard import ModelEvaluation as ModelEvaluation
from penstock.artifacts.standard import ModelRun as ModelRun
from penstock.artifacts.standard import PushedModel as PushedModel
from penstock.artifacts.standard import Schema as Schema
from penstock.artifacts.standard import String as String
from penstock.artifacts.standard import TransformCache as TransformCache
from penstock.artifacts.standard import TransformGraph as TransformGraph
from penstock.artifacts.standard import TunerResults as TunerResults
