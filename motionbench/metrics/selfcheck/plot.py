"""Draws the robustness curves of a self-check: one panel a damage, one line a metric."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError
from motionbench.metrics.selfcheck.records import Curve, SelfCheck

SUFFIXES = (".png", ".pdf")


def require(path: Path) -> None:
    """Raise UsageError for a name that is no picture's, MissingResourceError where matplotlib is not installed."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot takes a file that ends in {' or '.join(SUFFIXES)}, got {path}")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingResourceError(
            "--plot needs matplotlib, which is not installed\nInstall it: pip install 'motionbench-transfer[plot]'"
        )


def draw(found: SelfCheck, path: Path) -> None:
    """Write the curves as a picture; raises MissingResourceError where the file cannot be written."""
    from matplotlib.figure import Figure

    damages = list(dict.fromkeys(curve.damage for curve in found.curves))
    figure = Figure(figsize=(4.0 * max(len(damages), 1), 3.6), layout="constrained")
    for place, damage in enumerate(damages, start=1):
        axes = figure.add_subplot(1, len(damages), place)
        drawn = [curve for curve in found.curves if curve.damage == damage]
        for curve in drawn:
            axes.plot(*_points(curve), marker="o", markersize=3, linewidth=1.2, label=curve.metric)
        axes.set_xlabel(f"{damage} ({drawn[0].unit})")
        axes.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
        if place == 1:
            axes.set_ylabel("mean score of a perfect transfer")
            axes.legend(fontsize="x-small", frameon=False)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror or error}") from error


def _points(curve: Curve) -> tuple[list[float], list[float]]:
    """Amounts that have a mean, and the means."""
    there = [(x, y) for x, y in zip(curve.amounts, curve.means, strict=True) if y is not None]
    return [x for x, _ in there], [y for _, y in there]
