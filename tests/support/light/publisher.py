# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from light.component import NumberResult
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class NumberPublisher(Publisher[Any, Any, Any, Any, NumberResult]):
    def describe(self, work: Work[Any, Any, Any, Any], result: NumberResult) -> Record:
        stop = "the number says stop" if work.parameters.behaviour == "stop" else None
        record = ArtifactRecord(custom_properties={"value": result.value})
        return Record({"number": [record]}, rows=result.value, summary=f"= {result.value}", stop=stop)


class AddPublisher(Publisher[Any, Any, Any, Any, NumberResult]):
    def describe(self, work: Work[Any, Any, Any, Any], result: NumberResult) -> Record:
        return Record(
            {"total": [ArtifactRecord(custom_properties={"value": result.value})]},
            summary=f"= {result.value}",
        )
