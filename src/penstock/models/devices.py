# SPDX-License-Identifier: Apache-2.0
"""Where a model runs."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence

from penstock.errors import ParameterError

_LOG = logging.getLogger(__name__)

CPU = "cpu"


def choose_device(wanted: str, gpus: Sequence[str], *, library: str) -> str:
    """Returns the device for a model, and says in the log which it is and why.

    Args:
        wanted: ``auto``, ``cpu``, ``gpu``, or a device's own name.
        gpus: Names of the GPUs that the library can use here, such as ``cuda:0``; none where it runs on CPUs only.
        library: The library's name.

    Raises:
        ParameterError: A device is named that is not there.
    """
    if wanted == CPU:
        return CPU
    if wanted == "auto" and not gpus:
        _LOG.info("%s runs on the CPU: it finds no GPU that it can use here", library)
        return CPU
    if wanted in ("auto", "gpu", "cuda") and gpus:
        _LOG.info("%s runs on %s", library, gpus[0])
        return gpus[0]
    if wanted == "gpu":
        _LOG.warning("%s finds no GPU that it can use here: the model runs on the CPU", library)
        return CPU
    if wanted in gpus:
        return wanted
    raise ParameterError(
        f"{library} has no device {wanted!r} here",
        input="device",
        expected="auto, cpu, gpu" + "".join(f", {name}" for name in gpus),
    )


def cuda_devices() -> tuple[str, ...]:
    """Returns the names of this machine's NVIDIA GPUs, ``cuda:0`` and so on, as the driver tells; none without one."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ()
    count = ctypes.c_int()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    return tuple(f"cuda:{index}" for index in range(count.value))
