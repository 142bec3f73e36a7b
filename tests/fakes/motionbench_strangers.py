"""A plug-in of methods that do what no method should: they leak, fork, leave, babble and scribble; numpy only."""

from __future__ import annotations

ENTRY_POINTS: dict[str, list[str]] = {"methods": []}
