"""How often the intervals of the leaderboard hold the true mean, by kind, number of references and shape.

    python -m benchmarks.coverage [--trials 4000] [--check]

Each score is a reference's effect, a prompt's and a seed's: two prompts a reference, three seeds a prompt, standard
deviations 1, 0.5, 0.5. ``skewed`` draws the references' effects from an exponential distribution. ``--check`` exits 1
where percentile or BCa intervals of normal scores cover less than 93 or more than 97 % at 40 references or more, or
expanded ones at eight or more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from motionbench.leaderboard import statistics
from motionbench.leaderboard.statistics import Kind, Observation

REFERENCES = (3, 5, 8, 12, 24, 40, 100)
PROMPTS, SEEDS = 2, 3
DRAWS = 2000
TARGET, SLACK = 0.95, 0.02
FEW, MANY = 8, 40


def column(references: int, shape: str, generator: np.random.Generator) -> dict[str, float]:
    """The means by reference of one simulated method, whose true mean is 0."""
    own = generator.normal(size=references) if shape == "normal" else generator.exponential(size=references) - 1
    values: NDArray[np.float64] = own[:, None, None] + 0.5 * generator.normal(size=(references, PROMPTS, 1))
    values = values + 0.5 * generator.normal(size=(references, PROMPTS, SEEDS))
    return statistics.by_reference(
        Observation(f"r{r:03d}", f"r{r:03d}--p{p}", float(values[r, p, s])) for r, p, s in np.ndindex(values.shape)
    )


def coverage(kind: Kind, references: int, shape: str, trials: int) -> float:
    """Share of simulated methods whose interval holds 0."""
    generator = np.random.default_rng(references)
    columns = [column(references, shape, generator) for _ in range(trials)]
    found = statistics.intervals(columns, draws=DRAWS, kind=kind)
    return sum(one is not None and (one.low or 0.0) <= 0 <= (one.high or 0.0) for one in found) / trials


def lines(trials: int) -> Iterator[tuple[str, int, dict[Kind, float]]]:
    """Shape, references, coverage by kind."""
    for shape in ("normal", "skewed"):
        for references in REFERENCES:
            yield shape, references, {kind: coverage(kind, references, shape, trials) for kind in get_args(Kind)}


def off(shape: str, references: int, kind: Kind, covered: float) -> bool:
    """Whether an interval misses what it promises."""
    promised = shape == "normal" and references >= (FEW if kind == "expanded" else MANY)
    return promised and abs(covered - TARGET) > SLACK


def main() -> int:
    """Simulate, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=4000)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    wrong = 0
    print("scores  references  " + "  ".join(f"{kind:>10}" for kind in get_args(Kind)))
    for shape, references, found in lines(arguments.trials):
        print(
            f"{shape:7s} {references:10d}  " + "  ".join(f"{covered:10.3f}" for covered in found.values()), flush=True
        )
        wrong += sum(off(shape, references, kind, covered) for kind, covered in found.items())
    return int(arguments.check and wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
