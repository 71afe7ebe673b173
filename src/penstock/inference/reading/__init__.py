# SPDX-License-Identifier: Apache-2.0
"""Sources of rows: files of every format, cut into pieces of work and read as flows."""

from __future__ import annotations

from penstock.inference.reading.open import open_source as open_source
from penstock.inference.reading.units import SourceReader as SourceReader
from penstock.inference.reading.units import Unit as Unit
from penstock.inference.reading.units import flows as flows
