"""Run FYM on one reference a category of ``mini-full``, in an empty store, and compare with the committed record.

The mean of every method and metric has to lie in the interval that the record's scores of the same references give.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from motionbench import provenance
from motionbench.leaderboard.aggregate import ALL, Board, board

RECORD = Path(__file__).resolve().parent / "mini-full.json"
ROUNDING = 1e-6


def quick_board(folder: Path) -> Board:
    """The board of ``motionbench eval``, read from the record of its store."""
    store, record = str(folder / "store"), folder / "quick.json"
    command = ["motionbench", "eval", "--method", "fym", "--suite", "mini-full", "--quick", "--store", store]
    subprocess.run(command, check=True)
    subprocess.run(["motionbench", "table", "--store", store, "--record", str(record)], check=True, capture_output=True)
    run = provenance.read_record(record)
    return board(run.configuration, run.scores)


def committed_board(made: Board) -> Board:
    """The record's standings over the cases of another board."""
    run = provenance.read_record(RECORD)
    wanted = {case.id for case in made.configuration.cases}
    cases = tuple(case for case in run.configuration.cases if case.id in wanted)
    return board(replace(run.configuration, cases=cases), [row for row in run.scores if row.case in wanted])


def differences(made: Board, committed: Board) -> list[str]:
    """One line for each standing that lies outside its interval, or has a value on one side only."""
    lines = []
    for now in (standing for standing in made.standings if standing.category == ALL):
        then = committed.standing(now.method, now.metric)
        if now.mean is None or then.low is None or then.high is None:
            if (now.mean is None) != (then.mean is None):
                lines.append(f"{now.method} {now.metric}: {now.mean} now, {then.mean} committed")
        elif not then.low - ROUNDING <= now.mean <= then.high + ROUNDING:
            lines.append(f"{now.method} {now.metric}: {now.mean:.3f} is not in [{then.low:.3f}, {then.high:.3f}]")
    return lines


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        made = quick_board(Path(folder))
    lines = differences(made, committed_board(made))
    print("\n".join(lines) or f"all means lie in the intervals of {RECORD.name}", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
