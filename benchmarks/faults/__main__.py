"""The fault table.

    python -m benchmarks.faults [--kills 50] [--only WORD]

Runs ``motionbench eval`` in processes of their own on a plug-in of fakes, injects each fault, lets the same command
go on, and compares table, objects and calls with an undisturbed run. Prints Markdown; exits 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.faults import crews, damage, full, interruptions, outside, strangers
from benchmarks.faults.bench import Bench, Finding

Injection = Callable[[], list[Finding]]


def injections(bench: Bench, kills: int) -> Iterator[tuple[str, Injection]]:
    """All faults, by group."""
    yield "kills", lambda: [interruptions.kills(bench, kills)]
    yield "sigterm", lambda: [interruptions.signals(bench, signal.SIGTERM, max(1, kills // 5))]
    yield "ctrl-c", lambda: [interruptions.signals(bench, signal.SIGINT, max(1, kills // 5))]
    yield "drivers", lambda: [interruptions.two_drivers(bench)]
    yield "clock-back", lambda: [interruptions.clock(bench, -1e8, "back three years")]
    yield "clock-forward", lambda: [interruptions.clock(bench, 3e8, "forward ten years")]
    yield "disk", lambda: full.all_of_them(bench)
    yield "strangers", lambda: strangers.all_of_them(bench)
    yield "damage", lambda: damage.all_of_them(bench)
    yield "crews", lambda: list(crews.all_of_them(bench, kills))
    yield "outside", lambda: outside.all_of_them(bench)


def line(finding: Finding) -> str:
    """A row of the table."""
    cells = [finding.injected, str(finding.times), finding.lost, finding.again, ", ".join(map(str, finding.codes))]
    said = finding.said.replace("|", "\\|")
    return "| " + " | ".join([*cells, f"`{said}`" if said else ""]) + " |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--only", default="", help="groups whose names begin so")
    given = parser.parse_args(arguments)
    print("| Injected | Times | Lost | Computed again | Exit codes | Said |")
    print("|---|---:|---|---|---|---|")
    lost = False
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for name, inject in injections(bench, given.kills):
            for finding in inject() if name.startswith(given.only) else []:
                lost |= bool(finding.faults)
                print(line(finding).replace(folder, "…"), flush=True)
    return int(lost)


if __name__ == "__main__":
    sys.exit(main())
