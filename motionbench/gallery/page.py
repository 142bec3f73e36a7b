"""The page: its data as JSON inside the HTML, and the fixed files beside it.

``<`` never stands in the data, so that no text ends the element that holds it; the scripts set every text as text.
"""

from __future__ import annotations

import json
import shlex
from importlib import resources
from typing import Any

from motionbench.gallery.exhibits import Cell, Exhibit, Exhibition, Still
from motionbench.gallery.films import CODECS
from motionbench.gallery.pictures import Grid
from motionbench.gallery.points import SCALE
from motionbench.gallery.shelf import INDEX, MARK, Forms
from motionbench.store import Configuration, MetricLine

ASSETS = ("style.css", "clock.js", "film.js", "video.js", "ordering.js", "rows.js", "app.js")
"""Shipped with the package; the scripts are loaded in this order."""


def files(
    configuration: Configuration, shown: Exhibition, grid: Grid, store: str = "", forms: Forms | None = None
) -> dict[str, str]:
    """The gallery's texts by file name; ``store`` is the folder that receipts are asked of, "" for the default."""
    found = {name: _asset(name) for name in ASSETS}
    data = json.dumps(contents(configuration, shown, grid, store, forms), allow_nan=False, separators=(",", ":"))
    return {**found, INDEX: _asset("page.html").replace("@MARK@", MARK).replace("@DATA@", embedded(data))}


def embedded(text: str) -> str:
    """JSON that can stand in a script element: the same value without ``<``, ``>`` and ``&``."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def contents(
    configuration: Configuration, shown: Exhibition, grid: Grid, store: str = "", forms: Forms | None = None
) -> dict[str, Any]:
    """All that the page lists, as JSON values."""
    protocol = configuration.protocol
    tail = ["--plan", configuration.plan_id, *(["--store", store] if store else [])]
    lines = {line.label: line for line in configuration.methods}
    labels = dict.fromkeys(cell.method for exhibit in shown.exhibits for cell in exhibit.cells)
    return {
        "plan": configuration.plan_id,
        "suite": configuration.suite,
        "notice": configuration.notice,
        "protocol": protocol.name,
        "backbone": configuration.backbone,
        "fps": protocol.fps,
        "grid": _grid(grid, forms or Forms()),
        "scale": SCALE,
        "tail": shlex.join(tail),
        "methods": [{"label": label, "word": shlex.quote(label), "control": lines[label].control} for label in labels],
        "metrics": [_metric(metric) for metric in configuration.metrics],
        "exhibits": [_exhibit(exhibit) for exhibit in shown.exhibits],
        "withheld": _clips(shown.withheld),
        "private": _clips(shown.private),
    }


def _grid(grid: Grid, forms: Forms) -> dict[str, Any]:
    placed = {"frames": grid.frames, "columns": grid.columns, "width": grid.width, "height": grid.height}
    return (
        {**placed, "films": [CODECS[name].ending for name in forms.codecs], "fps": forms.fps}
        if forms.codecs
        else placed
    )


def _clips(reasons: Any) -> list[dict[str, str]]:
    return [{"clip": clip, "reason": reason} for clip, reason in reasons.items()]


def _metric(metric: MetricLine) -> dict[str, Any]:
    return {
        "name": metric.name,
        "word": shlex.quote(metric.name),
        "unit": metric.unit,
        "better": metric.better,
        "decimals": metric.decimals,
    }


def _exhibit(exhibit: Exhibit) -> dict[str, Any]:
    entry = exhibit.entry
    return {
        "case": entry.id,
        "word": shlex.quote(entry.id),
        "category": entry.category,
        "seed": exhibit.seed,
        "prompt": entry.prompt,
        "reference_prompt": entry.reference_prompt,
        "terms": exhibit.terms,
        "reference": _still(exhibit.reference),
        "cells": [_cell(cell) for cell in exhibit.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    apart = cell.disagreement
    return {
        "method": cell.method,
        "still": _still(cell.still),
        "values": cell.values,
        "reasons": cell.reasons,
        "spread": apart.spread if apart else None,
        "apart": [apart.best, apart.worst] if apart else [],
    }


def _still(still: Still) -> dict[str, Any]:
    return {"name": still.name, "points": still.points, "reason": still.reason}


def _asset(name: str) -> str:
    return (resources.files("motionbench.gallery") / "assets" / name).read_text(encoding="utf-8")
