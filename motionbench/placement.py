"""Where models run, and whether torch may use algorithms that vary. Neither decides a key; both are in provenance.

torch is loaded only where the user asked for something: a run without these options is what it always was.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from motionbench.errors import MissingResourceError, UsageError

_NAMES = re.compile(r"cpu|mps|cuda(:\d+)?")
_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
"""Without it cuBLAS may choose another algorithm each time (its documentation, "Results reproducibility")."""


@dataclass(frozen=True)
class Placement:
    """What the user asked for; raises UsageError for a device that torch has no name for."""

    device: str = ""
    """``cuda``, ``cuda:1``, ``mps`` or ``cpu``; "" for the first GPU where there is one, else the processor."""
    deterministic: bool = False

    def __post_init__(self) -> None:
        if self.device and not _NAMES.fullmatch(self.device):
            raise UsageError(f"--device takes cuda, cuda:N, mps or cpu, got {self.device!r}")


@contextmanager
def applied(placement: Placement) -> Iterator[None]:
    """The device checked and current, torch held to what repeats; as before on exit.

    Raises MissingResourceError where the device is not there.
    """
    if placement == Placement():
        yield
        return
    with ExitStack() as undo:
        if placement.deterministic and _WORKSPACE not in os.environ:
            os.environ[_WORKSPACE] = ":4096:8"
            undo.callback(os.environ.pop, _WORKSPACE, None)
        torch = importlib.import_module("torch")
        if placement.device:
            _check_there(torch, placement.device)
        if placement.device.startswith("cuda"):
            undo.enter_context(torch.cuda.device(placement.device))
        if placement.deterministic:
            only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
            earlier = torch.are_deterministic_algorithms_enabled()
            undo.callback(torch.use_deterministic_algorithms, earlier, warn_only=only_warned)
            torch.use_deterministic_algorithms(True)
        yield


def _check_there(torch: Any, device: str) -> None:
    kind, _, number = device.partition(":")
    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    if kind == "cpu" or (kind == "mps" and mps) or (kind == "cuda" and int(number or 0) < cards):
        return
    found = [f"cuda:{index}" for index in range(cards)] + ["mps"] * mps + ["cpu"]
    raise MissingResourceError(
        f"there is no device {device} for torch {torch.__version__}; it has {', '.join(found)}\n"
        f"Choose one, as --device {found[0]}, or see what is wrong: motionbench doctor"
    )


def build(kind: Callable[..., Any], *arguments: object, device: str = "", owner: str = "") -> Any:
    """``kind(*arguments)`` on a device where one is asked for and ``kind`` takes one.

    Raises UsageError where it takes none and has an ``owner``: a name for a thing that must not run elsewhere.
    """
    if not device:
        return kind(*arguments)
    if _takes_device(kind):
        return kind(*arguments, device=device)
    if owner:
        raise UsageError(f"{owner!r} cannot be put on a device: its class takes no device=; leave --device out")
    return kind(*arguments)


def _takes_device(kind: Callable[..., Any]) -> bool:
    parameters = inspect.signature(kind).parameters.values()
    return any(each.name == "device" or each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
