# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from light.component import AddInputs, AddOutputs, NumberInputs, NumberOutputs, NumberParameters, NumberResult
from penstock.runtime.roles import Executor, Work


class NumberExecutor(Executor[NumberInputs, NumberOutputs, NumberParameters, None, NumberResult]):
    def execute(self, work: Work[NumberInputs, NumberOutputs, NumberParameters, None]) -> NumberResult:
        parameters = work.parameters
        folder = Path(work.outputs.number.file_uri).parent
        (folder / "partial").write_text("half a number")
        if parameters.folder:
            mark = (
                Path(parameters.folder) / f"{work.context.node_id}-{work.context.execution_id}-{os.getpid()}"
            )
            mark.write_text(f"{time.time()}")
        sys.stdout.write(f"making {parameters.value}\n")
        time.sleep(parameters.seconds)
        _misbehave(parameters)
        work.context.report(rows=parameters.value)
        (folder / "partial").unlink()
        work.outputs.number.write(parameters.value)
        return NumberResult(parameters.value)


def _misbehave(parameters: NumberParameters) -> None:
    if parameters.behaviour.startswith("background"):
        left = subprocess.Popen(["sleep", "600"])
        (Path(parameters.folder) / "background").write_text(str(left.pid))
        parameters = replace(parameters, behaviour=parameters.behaviour.removeprefix("background").strip())
    if parameters.behaviour == "hang":
        time.sleep(600)
    if parameters.behaviour == "raise":
        raise ValueError("the number is cursed")
    if parameters.behaviour == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if parameters.behaviour == "exit":
        os._exit(7)
    if parameters.behaviour == "sys.exit":
        raise SystemExit(3)
    if parameters.behaviour == "memory":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        bytearray(1 << 31)
    if parameters.behaviour == "temporary":
        Path(parameters.folder, "temporary").write_text(os.path.realpath(tempfile.mkdtemp()))
    if parameters.behaviour == "flaky" and len(os.listdir(parameters.folder)) < 3:
        raise ValueError("not yet")


class AddExecutor(Executor[AddInputs, AddOutputs, Any, None, NumberResult]):
    def execute(self, work: Work[AddInputs, AddOutputs, Any, None]) -> NumberResult:
        numbers = [*work.inputs.numbers, *([work.inputs.extra] if work.inputs.extra else [])]
        total = sum(number.read() for number in numbers)
        work.outputs.total.write(total)
        return NumberResult(total)
