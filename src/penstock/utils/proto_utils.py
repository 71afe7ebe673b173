# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.proto_utils``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.protobuf_json import dict_to_proto as dict_to_proto
from penstock.messages.protobuf_json import json_to_proto as json_to_proto
from penstock.messages.protobuf_json import proto_to_dict as proto_to_dict
from penstock.messages.protobuf_json import proto_to_json as proto_to_json
