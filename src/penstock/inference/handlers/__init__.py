# SPDX-License-Identifier: Apache-2.0
"""Beam's ``ModelHandler``s and the user's own, taken as they are, between batches and columns."""

from __future__ import annotations

from penstock.inference.handlers.known import KNOWN as KNOWN
from penstock.inference.handlers.known import KnownHandler as KnownHandler
from penstock.inference.handlers.loading import ForeignLoader as ForeignLoader
from penstock.inference.handlers.loading import foreign_loader as foreign_loader
from penstock.inference.handlers.sharing import Sharing as Sharing
from penstock.inference.handlers.sharing import sharing as sharing
