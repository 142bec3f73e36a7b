"""The peak of memory during an item.

On CUDA, what torch allocated; elsewhere the process's resident set, whose high-water mark Linux lets a process reset.
Where it cannot be reset the peak is that of the whole process so far: an upper bound.
"""

from __future__ import annotations

import contextlib
import gc
import resource
import sys
from pathlib import Path
from typing import Any

_RESET_PEAK = "5"
"""The value of ``/proc/self/clear_refs`` that resets ``VmHWM`` (proc(5))."""


def reset_peak() -> None:
    """Start measuring."""
    cuda = _cuda()
    if cuda is not None:
        cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK)


def peak_bytes() -> int:
    """The peak since ``reset_peak``."""
    cuda = _cuda()
    if cuda is not None:
        return int(cuda.max_memory_allocated())
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def release() -> None:
    """Give back what nobody uses any more: after an item ran out of memory, the others are to go on."""
    gc.collect()
    cuda = _cuda()
    if cuda is not None:
        cuda.empty_cache()


def _cuda() -> Any:
    """torch.cuda where some method has already loaded and started it; never loads it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized() else None
