# SPDX-License-Identifier: Apache-2.0
"""What one needs to write a component: the declaration, the three roles, and their values.

A component is a folder with ``component.py``, ``driver.py``, ``executor.py`` and ``publisher.py``;
``components/drift_gate`` in Penstock's repository is one to start from.
"""

from __future__ import annotations

from penstock.artifacts.artifact import Artifact as Artifact
from penstock.artifacts.artifact import Property as Property
from penstock.artifacts.artifact import PropertyType as PropertyType
from penstock.graph.channel import Channel as Channel
from penstock.graph.component import BaseComponent as BaseComponent
from penstock.graph.signature import NoInputs as NoInputs
from penstock.graph.signature import NoOutputs as NoOutputs
from penstock.graph.signature import NoParameters as NoParameters
from penstock.graph.signature import never_empty as never_empty
from penstock.graph.signature import not_in_cache_key as not_in_cache_key
from penstock.graph.signature import user_code as user_code
from penstock.runtime.roles import ArtifactRecord as ArtifactRecord
from penstock.runtime.roles import Decision as Decision
from penstock.runtime.roles import Driver as Driver
from penstock.runtime.roles import DriverContext as DriverContext
from penstock.runtime.roles import Executor as Executor
from penstock.runtime.roles import ExecutorContext as ExecutorContext
from penstock.runtime.roles import PlainDriver as PlainDriver
from penstock.runtime.roles import PlainPublisher as PlainPublisher
from penstock.runtime.roles import Publisher as Publisher
from penstock.runtime.roles import Record as Record
from penstock.runtime.roles import Reuse as Reuse
from penstock.runtime.roles import Run as Run
from penstock.runtime.roles import Skip as Skip
from penstock.runtime.roles import Work as Work

__all__ = [
    "Artifact",
    "ArtifactRecord",
    "BaseComponent",
    "Channel",
    "Decision",
    "Driver",
    "DriverContext",
    "Executor",
    "ExecutorContext",
    "NoInputs",
    "NoOutputs",
    "NoParameters",
    "PlainDriver",
    "PlainPublisher",
    "Property",
    "PropertyType",
    "Publisher",
    "Record",
    "Reuse",
    "Run",
    "Skip",
    "Work",
    "never_empty",
    "not_in_cache_key",
    "user_code",
]
