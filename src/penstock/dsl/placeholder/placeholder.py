# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.placeholder.placeholder``, usually imported as ``ph``: all placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.graph.placeholder import ArtifactPlaceholder as ArtifactPlaceholder
    from penstock.graph.placeholder import DictPlaceholder as DictPlaceholder
    from penstock.graph.placeholder import ListPlaceholder as ListPlaceholder
    from penstock.graph.placeholder import ListSerializationFormat as ListSerializationFormat
    from penstock.graph.placeholder import Placeholder as Placeholder
    from penstock.graph.placeholder import Predicate as Predicate
    from penstock.graph.placeholder import ProtoSerializationFormat as ProtoSerializationFormat
    from penstock.graph.placeholder_functions import ExecInvocationPlaceholder as ExecInvocationPlaceholder
    from penstock.graph.placeholder_functions import RuntimeInfoKeys as RuntimeInfoKeys
    from penstock.graph.placeholder_functions import dirname as dirname
    from penstock.graph.placeholder_functions import environment_variable as environment_variable
    from penstock.graph.placeholder_functions import exec_property as exec_property
    from penstock.graph.placeholder_functions import execution_invocation as execution_invocation
    from penstock.graph.placeholder_functions import input as input
    from penstock.graph.placeholder_functions import join as join
    from penstock.graph.placeholder_functions import join_path as join_path
    from penstock.graph.placeholder_functions import logical_and as logical_and
    from penstock.graph.placeholder_functions import logical_not as logical_not
    from penstock.graph.placeholder_functions import logical_or as logical_or
    from penstock.graph.placeholder_functions import make_dict as make_dict
    from penstock.graph.placeholder_functions import make_list as make_list
    from penstock.graph.placeholder_functions import output as output
    from penstock.graph.placeholder_functions import runtime_info as runtime_info
    from penstock.graph.placeholder_messages import make_proto as make_proto

    ChannelWrappedPlaceholder = ArtifactPlaceholder
    EnvironmentVariablePlaceholder = Placeholder
    ExecPropertyPlaceholder = Placeholder
    MakeProtoPlaceholder = Placeholder
    RuntimeInfoPlaceholder = Placeholder
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "ArtifactPlaceholder": "penstock.graph.placeholder",
            "ChannelWrappedPlaceholder": "penstock.graph.placeholder:ArtifactPlaceholder",
            "DictPlaceholder": "penstock.graph.placeholder",
            "EnvironmentVariablePlaceholder": "penstock.graph.placeholder:Placeholder",
            "ExecInvocationPlaceholder": "penstock.graph.placeholder_functions",
            "ExecPropertyPlaceholder": "penstock.graph.placeholder:Placeholder",
            "ListPlaceholder": "penstock.graph.placeholder",
            "ListSerializationFormat": "penstock.graph.placeholder",
            "MakeProtoPlaceholder": "penstock.graph.placeholder:Placeholder",
            "Placeholder": "penstock.graph.placeholder",
            "Predicate": "penstock.graph.placeholder",
            "ProtoSerializationFormat": "penstock.graph.placeholder",
            "RuntimeInfoKeys": "penstock.graph.placeholder_functions",
            "RuntimeInfoPlaceholder": "penstock.graph.placeholder:Placeholder",
            "dirname": "penstock.graph.placeholder_functions",
            "environment_variable": "penstock.graph.placeholder_functions",
            "exec_property": "penstock.graph.placeholder_functions",
            "execution_invocation": "penstock.graph.placeholder_functions",
            "input": "penstock.graph.placeholder_functions",
            "join": "penstock.graph.placeholder_functions",
            "join_path": "penstock.graph.placeholder_functions",
            "logical_and": "penstock.graph.placeholder_functions",
            "logical_not": "penstock.graph.placeholder_functions",
            "logical_or": "penstock.graph.placeholder_functions",
            "make_dict": "penstock.graph.placeholder_functions",
            "make_list": "penstock.graph.placeholder_functions",
            "make_proto": "penstock.graph.placeholder_messages",
            "output": "penstock.graph.placeholder_functions",
            "runtime_info": "penstock.graph.placeholder_functions",
        },
    )
