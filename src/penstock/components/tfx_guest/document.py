# SPDX-License-Identifier: Apache-2.0
"""What is known of a guest, as plain data that stands in the IR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GuestPort:
    """An input or output of a guest.

    Attributes:
        type: The artifact type, as ``penstock.graph.artifact_types`` describes it.
        guest_class: Import path of TFX's class of that type.
        optional: Whether it may be left out.
    """

    type: Mapping[str, Any]
    guest_class: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GuestProto:
    """A parameter that the guest takes as a protobuf.

    Attributes:
        proto_class: Import path of its class.
        json: Its value, as proto3's JSON.
    """

    proto_class: str
    json: str


@dataclass(frozen=True, slots=True)
class GuestDocument:
    """A component of TFX.

    Attributes:
        name: Name of its class.
        type_name: Name of its execution type in the metadata store.
        executor_class: Import path of its executor.
        driver_class: Import path of its driver; empty where it has none of its own.
        inputs, outputs: By key.
        parameters: Names of its execution properties.
        protos: Those that it takes as protobufs.
        code: Digest of the code of its executor and driver, and the version of TFX.
    """

    name: str
    type_name: str
    executor_class: str
    driver_class: str = ""
    inputs: Mapping[str, GuestPort] = field(default_factory=dict)
    outputs: Mapping[str, GuestPort] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    protos: Mapping[str, GuestProto] = field(default_factory=dict)
    code: str = ""
