# SPDX-License-Identifier: Apache-2.0
"""Inference as a service: files and messages are scored as they come, in ticks of one process."""

from __future__ import annotations

from penstock.inference.streaming.spec import KafkaSpec as KafkaSpec
from penstock.inference.streaming.spec import RedisSpec as RedisSpec
from penstock.inference.streaming.spec import StreamSpec as StreamSpec
