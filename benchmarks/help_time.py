"""How long ``motionbench --help`` takes, against importing what it is made of.

    python -m benchmarks.help_time

The two commands alternate and the best time of each counts, so that a busy machine disturbs both alike. Exit 1 where
the help takes more than twice as long.
"""

from __future__ import annotations

import subprocess
import sys
import time

HELP = (sys.executable, "-c", "import sys; sys.argv[1:] = ['--help']; from motionbench.cli import main; main()")
FLOOR = (sys.executable, "-c", "import typer, rich")
RUNS = 15
LIMIT = 2.0


def seconds(command: tuple[str, ...]) -> float:
    """Wall-clock time of one run."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> int:
    """Measure, print, judge."""
    times = [(seconds(HELP), seconds(FLOOR)) for _ in range(RUNS)]
    ours, floor = (min(column) for column in zip(*times, strict=True))
    print(f"motionbench --help   {1000 * ours:.0f} ms\nimport typer, rich   {1000 * floor:.0f} ms")
    print(f"ratio                {ours / floor:.2f}, at most {LIMIT:g} (best of {RUNS})")
    return int(ours / floor > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
