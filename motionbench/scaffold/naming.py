"""What a new plug-in may be called: one name for the distribution, the method and, with underscores, the package."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass

from motionbench import registry
from motionbench.errors import UsageError

_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OURS = ("tests", "motionbench")


@dataclass(frozen=True)
class Naming:
    """A name in the three forms in which a plug-in uses it."""

    method: str
    """``my-method``."""
    package: str
    """``my_method``."""
    symbol: str
    """``MyMethod``."""


def named(name: str) -> Naming:
    """The three forms; raises UsageError, which says what to type, for a name that cannot be used."""
    if not _PATTERN.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        advice = f"; try: motionbench method new {near}" if near else ""
        raise UsageError(
            f"{name!r} cannot name a method: small letters and digits with single hyphens, a letter first{advice}"
        )
    package = name.replace("-", "_")
    _check_package(name, package)
    _check_free(name)
    return Naming(name, package, "".join(part.capitalize() for part in name.split("-")))


def _check_package(name: str, package: str) -> None:
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in _OURS:
        raise UsageError(f"{name!r} cannot name a method: its package {package!r} would hide Python's or MotionBench's")
    if importlib.util.find_spec(package) is not None:
        raise UsageError(f"{name!r} cannot name a new method: a package {package!r} is installed here already")


def _check_free(name: str) -> None:
    for entry in registry.entries("methods"):
        if name in (entry.name, entry.alias):
            raise UsageError(f"{name!r} is already a method of {entry.distribution}; choose another name")
