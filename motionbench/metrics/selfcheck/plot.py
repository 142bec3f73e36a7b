"""Draws the robustness curves of a self-check: one panel a damage, one line a metric."""

from __future__ import annotations

from pathlib import Path

from motionbench import drawing
from motionbench.metrics.selfcheck.records import Curve, SelfCheck

SUFFIXES = (".png", ".pdf")


def require(path: Path) -> None:
    """Raise UsageError for a name that is no picture's, MissingResourceError where matplotlib is not installed."""
    drawing.require("--plot", path, SUFFIXES)


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
    drawing.save(figure, path)


def _points(curve: Curve) -> tuple[list[float], list[float]]:
    """Amounts that have a mean, and the means."""
    there = [(x, y) for x, y in zip(curve.amounts, curve.means, strict=True) if y is not None]
    return [x for x, _ in there], [y for _, y in there]
