"""torch and the devices that it can use, asked in a process of its own; the driver, from the system."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from motionbench import provenance
from motionbench.doctor.finding import Finding

PATIENCE = 120.0
"""Seconds for torch to load: minutes on a network file system that is cold."""
_DRIVER = Path("/proc/driver/nvidia/version")
_QUESTION = """
import json, torch
cuda = torch.cuda.is_available()
properties = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count() if cuda else 0)]
mps = getattr(torch.backends, "mps", None)
print("torch says:" + json.dumps({
    "version": torch.__version__,
    "cuda": torch.version.cuda or getattr(torch.version, "hip", None) or "",
    "cards": [[one.name, one.total_memory] for one in properties],
    "mps": bool(mps and mps.is_available()),
    "works": float((torch.ones(2, device="cuda" if properties else "cpu") * 2).sum()) == 4.0,
}))
"""


@dataclass(frozen=True)
class Torch:
    """What torch says of itself."""

    version: str
    cuda: str
    """The CUDA (or HIP) release that it was built for, or ""."""
    cards: tuple[tuple[str, int], ...]
    """Name and bytes of each."""
    mps: bool
    fault: str = ""
    """Why it cannot be used, or ""."""


def ask(python: str = sys.executable, patience: float = PATIENCE) -> Torch:
    """Load torch in another process and add two numbers on its first device."""
    try:
        done = subprocess.run([python, "-c", _QUESTION], capture_output=True, text=True, timeout=patience, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return Torch("", "", (), False, f"{type(error).__name__}: {error}")
    said = re.search(r"^torch says:(.*)$", done.stdout, re.MULTILINE)
    if said is None:
        last = (done.stderr.strip().splitlines() or [f"the process ended with {done.returncode}"])[-1]
        return Torch("", "", (), False, last)
    told = json.loads(said.group(1))
    cards = tuple((str(name), int(size)) for name, size in told["cards"])
    fault = "" if told["works"] else "it computes 1 + 1 wrongly on its first device"
    return Torch(told["version"], told["cuda"], cards, told["mps"], fault)


def findings(torch: Torch | None = None) -> Iterator[Finding]:
    """torch, its device and the driver."""
    torch = torch or ask()
    driver = driver_version()
    if torch.fault:
        yield Finding("torch", "fault", torch.fault, "pip install --force-reinstall torch torchvision")
    else:
        built = f"built for CUDA {torch.cuda}" if torch.cuda else "built without CUDA"
        yield Finding("torch", "ok", f"{torch.version}, {built}")
    yield _device(torch, driver)
    yield Finding("driver", "ok", f"NVIDIA {driver}" if driver else "no NVIDIA driver: nothing to drive")


def _device(torch: Torch, driver: str) -> Finding:
    if torch.cards:
        cards = ", ".join(f"cuda:{n} {name} {size / 2**30:.0f} GiB" for n, (name, size) in enumerate(torch.cards))
        return Finding("device", "ok", cards)
    if torch.mps:
        return Finding("device", "ok", f"{provenance.device()}; mps, used where you say --device mps")
    if driver and not torch.fault:
        why = "cannot be used with this driver" if torch.cuda else "was built without CUDA"
        advice = "pip install --force-reinstall torch torchvision --index-url https://download.pytorch.org/whl/cu126"
        return Finding("device", "gap", f"a driver (NVIDIA {driver}) and no card: torch {torch.version} {why}", advice)
    return Finding("device", "ok", f"{provenance.device()}: enough for mini; real backbones need a GPU")


def driver_version(file: Path = _DRIVER) -> str:
    """Of the NVIDIA driver that is loaded, or ""."""
    try:
        found = re.search(r"\s(\d+\.\d+(\.\d+)?)\s", file.read_text(errors="replace"))
    except OSError:
        return _from_the_tool()
    return found.group(1) if found else "of an unknown version"


def _from_the_tool() -> str:
    """As ``nvidia-smi`` says, where the system shows no file: on Windows and in some containers."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout.split() or [""])[0]
