"""Figures are drawn by matplotlib, which is an extra: what is said where it is missing, and how they are written."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from motionbench.errors import MissingResourceError, UsageError

_FONTS = {"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "motionbench"}
"""Text stays text, and one figure is one file to the byte."""


def require(what: str, path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise UsageError for a name that is no picture's, MissingResourceError where matplotlib is not installed."""
    if path.suffix.lower() not in suffixes:
        listed = ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}"
        raise UsageError(f"{what} takes a file that ends in {listed}, got {path}")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingResourceError(
            f"{what} needs matplotlib, which is not installed\nInstall it: pip install 'motionbench-transfer[plot]'"
        )


def save(figure: Any, path: Path) -> None:
    """Write a figure in the format of its name; raises MissingResourceError where the file cannot be written."""
    import matplotlib

    undated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    try:
        with matplotlib.rc_context(_FONTS):
            figure.savefig(path, dpi=150, metadata=undated.get(path.suffix.lower()))
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror or error}") from error
