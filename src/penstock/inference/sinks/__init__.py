# SPDX-License-Identifier: Apache-2.0
"""Where results are written besides their artifact: folders of files, databases, BigQuery.

``check`` refuses before anything runs what cannot work, ``describe`` says what a sink would get, ``deliver`` writes.
Nothing heavy is imported before one of them needs it.
"""

from __future__ import annotations

from penstock.inference.sinks.checking import check as check
from penstock.inference.sinks.checking import describe as describe
from penstock.inference.sinks.delivery import deliver as deliver
from penstock.inference.sinks.delivery import deliver_all as deliver_all
from penstock.inference.sinks.report import SinkReport as SinkReport
