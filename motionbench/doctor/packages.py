"""Python and the packages that MotionBench was installed with, by their metadata: none of them is loaded."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata

from motionbench.doctor.finding import Finding, State

DISTRIBUTION = "motionbench-transfer"
LEAST = (3, 11)
_REQUIREMENT = re.compile(r"""^(?P<name>[\w.-]+)(>=(?P<least>[\d.]+))?(;\s*extra == ['"](?P<extra>\w+)['"])?$""")
_OF_DEVELOPERS = ("test", "dev")


@dataclass(frozen=True)
class Requirement:
    """A package that MotionBench needs."""

    name: str
    least: str
    """The lowest version that will do, or ""."""
    extra: str
    """The optional extra that needs it, or ""."""

    def fault(self) -> str:
        """What is wrong with what is installed, or ""."""
        try:
            version = metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return f"{self.name} is not installed"
        if release(version) < release(self.least):
            return f"{self.name} is {version}, expected {self.least} or later"
        return ""


def release(version: str) -> tuple[int, ...]:
    """``"2.6.0+cu124"`` → ``(2, 6)``: numbers before any letter, without zeros at the end."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def requirements(lines: Sequence[str] | None = None) -> list[Requirement]:
    """Those of the installed distribution, or of ``lines`` as its metadata has them; developers' are left out."""
    if lines is None:
        lines = metadata.requires(DISTRIBUTION) or []
    found = [match for line in lines if (match := _REQUIREMENT.match(line))]
    all_of_them = [Requirement(m["name"], m["least"] or "", m["extra"] or "") for m in found]
    return [requirement for requirement in all_of_them if requirement.extra not in _OF_DEVELOPERS]


def findings() -> Iterator[Finding]:
    """Python, the packages that are needed, and each optional extra."""
    running = platform.python_version()
    if sys.version_info >= LEAST:
        yield Finding("python", "ok", f"{running}, {sys.executable}")
    else:
        wanted = ".".join(map(str, LEAST))
        yield Finding("python", "fault", f"{running}, expected {wanted} or later", f"uv venv --python {wanted}")
    try:
        needed = requirements()
    except metadata.PackageNotFoundError:
        reason = f"{DISTRIBUTION} is not installed here: its plug-ins cannot be found"
        yield Finding("packages", "fault", reason, f"pip install {DISTRIBUTION}")
        return
    yield _of("packages", "fault", [one for one in needed if not one.extra], DISTRIBUTION)
    for extra in sorted({one.extra for one in needed} - {""}):
        wanting = [one for one in needed if one.extra == extra]
        yield _of(f"extra [{extra}]", "gap", wanting, f"'{DISTRIBUTION}[{extra}]'")


def _of(name: str, state: State, needed: Sequence[Requirement], target: str) -> Finding:
    faults = [fault for one in needed if (fault := one.fault())]
    if faults:
        return Finding(name, state, "; ".join(faults), f"pip install {target}")
    shown = ", ".join(f"{one.name} {metadata.version(one.name)}" for one in needed)
    return Finding(name, "ok", shown if len(needed) <= 3 else f"all {len(needed)} at the versions that are needed")
