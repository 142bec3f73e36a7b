"""A board for programs: JSON and CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any

from motionbench.leaderboard.aggregate import Board
from motionbench.store import SCHEMA_VERSION
from motionbench.types import Standing


def as_json(board: Board, store: str) -> str:
    """One object: suite, protocol, backbone, notice, standings ("all" is the overall category), costs by method, what
    may be concluded (tests, ranks, shares of variance), store.
    """
    data = {
        "schema_version": SCHEMA_VERSION,
        "suite": board.configuration.suite,
        "protocol": board.configuration.protocol.name,
        "backbone": board.configuration.backbone,
        "notice": board.configuration.notice,
        "standings": [dataclasses.asdict(standing) for standing in _ordered(board)],
        "costs": {label: dataclasses.asdict(cost) for label, cost in board.costs.items()},
        "inference": _inference(board),
        "store": store,
    }
    return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def as_csv(board: Board) -> str:
    """One line a standing, with the notice of suite and backbone; a mean that is missing is an empty field."""
    buffer, notice = io.StringIO(), board.configuration.notice
    names = [*(field.name for field in dataclasses.fields(Standing)), "notice"]
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**dataclasses.asdict(standing), "notice": notice} for standing in _ordered(board))
    return buffer.getvalue()


def _inference(board: Board) -> dict[str, object]:
    found = board.inference
    parts: dict[str, Sequence[Any]] = {"tests": found.evidence, "ranks": found.places, "variance": found.shares}
    return {name: [dataclasses.asdict(one) for one in part] for name, part in parts.items()}


def _ordered(board: Board) -> list[Standing]:
    """In the order of the table."""
    place = {line.label: number for number, line in enumerate(board.methods)}
    return sorted(board.standings, key=lambda standing: place[standing.method])
