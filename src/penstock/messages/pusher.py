# SPDX-License-Identifier: Apache-2.0
"""Where Pusher puts models."""

from __future__ import annotations

from penstock.messages.enums import ProtoEnum
from penstock.messages.fields import Embedded, Enumeration, Scalar
from penstock.messages.kinds import STRING
from penstock.messages.message import Message


class Versioning(ProtoEnum):
    """How a pushed model's version is chosen."""

    AUTO = 0
    UNIX_TIMESTAMP = 1


class PushDestination(Message, package="tfx.components.pusher"):
    """The place that models are pushed to.

    Attributes:
        filesystem: A folder, local or remote.
    """

    class Filesystem(Message, package="tfx.components.pusher"):
        """A folder with one sub-folder per version.

        Attributes:
            base_directory: The folder.
            versioning: How the sub-folder is named.
        """

        base_directory: Scalar[str] = Scalar(STRING)
        versioning: Enumeration[Versioning] = Enumeration(Versioning)

    filesystem: Embedded[Filesystem] = Embedded(Filesystem, oneof="destination")
