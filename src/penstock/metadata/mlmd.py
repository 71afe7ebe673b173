# SPDX-License-Identifier: Apache-2.0
"""The door to the ml-metadata library, which is loaded at the first use of one of the names below.

Loading takes a quarter of a second, which a command that never touches the store must not pay. ``pb`` and ``service``
are the library's messages, ``extension`` the functions that take and return them serialised: one per RPC of
``metadata_store_service.proto``, the same in every release from 1.17 to 1.21. They are called directly, since the
library's own client sleeps seconds between retries and logs whole nodes, secrets included, on an internal error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.errors import DependencyError

if TYPE_CHECKING:
    from google.protobuf import struct_pb2 as struct
    from google.protobuf import wrappers_pb2 as wrappers
    from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as extension
    from ml_metadata.proto import metadata_store_pb2 as pb
    from ml_metadata.proto import metadata_store_service_pb2 as service

__all__ = ["extension", "pb", "service", "struct", "wrappers"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from google.protobuf import struct_pb2, wrappers_pb2
        from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store
        from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2
    except ImportError as error:
        raise DependencyError(
            "the ml-metadata library does not load",
            expected="ml-metadata 1.17 or newer",
            got=str(error),
            hint="pip install 'ml-metadata>=1.17'; release 1.21 also needs the C++ library of GCC 14 "
            "(Debian 13, Ubuntu 24.04)",
        ) from error
    globals().update(
        extension=metadata_store,
        pb=metadata_store_pb2,
        service=metadata_store_service_pb2,
        struct=struct_pb2,
        wrappers=wrappers_pb2,
    )
    return globals()[name]
