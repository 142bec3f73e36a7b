"""Where scores vary: between reference videos, between prompts of one, between seeds of a case.

A nested random-effects model y_ijk = μ + a_i + b_ij + e_ijk; its variances are estimated by equating the mean squares
with their expectations, also for unequal numbers (Searle, Casella & McCulloch, "Variance Components", chapter 3 and
appendix F.1). An estimate below zero counts as zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionbench.leaderboard.statistics import Observation


@dataclass(frozen=True)
class Components:
    """Variances, in the metric's unit squared; None where the numbers cannot tell."""

    reference: float
    prompt: float | None
    """None with one prompt a reference: it is within ``reference``."""
    seed: float | None
    """None with one seed a case: it is within ``prompt``, or within ``reference``."""


@dataclass(frozen=True)
class Shares:
    """Shares of a metric's variance within methods; those that are not None add up to 1."""

    metric: str
    reference: float
    prompt: float | None
    seed: float | None


def components(observations: Iterable[Observation]) -> Components | None:
    """Of one method's scores; None below two references."""
    cases: dict[str, dict[str, list[float]]] = {}
    for reference, case, value in observations:
        cases.setdefault(reference, {}).setdefault(case, []).append(value)
    if len(cases) < 2:
        return None
    counts = [np.array([len(seeds) for seeds in own.values()], dtype=np.float64) for own in cases.values()]
    means = [np.array([np.mean(seeds) for seeds in own.values()]) for own in cases.values()]
    within = sum(float(np.var(seeds)) * len(seeds) for own in cases.values() for seeds in own.values())
    return _estimated(counts, means, within)


def shares(metric: str, methods: Iterable[Components | None]) -> Shares | None:
    """Of the variance within methods, all taken together; None where nothing varies or nothing is known."""
    known = [one for one in methods if one is not None]
    prompts, seeds = [one.prompt for one in known], [one.seed for one in known]
    reference = sum(one.reference for one in known)
    prompt = None if None in prompts else sum(filter(None, prompts))
    seed = None if None in seeds else sum(filter(None, seeds))
    total = reference + (prompt or 0.0) + (seed or 0.0)
    if not total:
        return None
    return Shares(
        metric, reference / total, None if prompt is None else prompt / total, None if seed is None else seed / total
    )


def _estimated(counts: list[NDArray[np.float64]], means: list[NDArray[np.float64]], within: float) -> Components:
    """``counts`` and ``means`` by reference and case; ``within`` is the sum of squares within cases."""
    sizes = np.array([count.sum() for count in counts])
    centres = np.array([float(count @ mean) / count.sum() for count, mean in zip(counts, means, strict=True)])
    total, cases, references = float(sizes.sum()), sum(map(len, counts)), len(counts)
    own = sum(float(np.sum(count**2)) / count.sum() for count in counts)
    between = sum(float(n @ (m - c) ** 2) for n, m, c in zip(counts, means, centres, strict=True))
    seed = within / (total - cases) if total > cases else None
    prompt = None
    if cases > references:
        spacing = (total - own) / (cases - references)
        prompt = max(0.0, between / (cases - references) - (seed or 0.0)) / spacing
    above = (own - sum(float(np.sum(count**2)) for count in counts) / total) / (references - 1)
    spacing = (total - float(np.sum(sizes**2)) / total) / (references - 1)
    square = float(sizes @ (centres - sizes @ centres / total) ** 2) / (references - 1)
    return Components(max(0.0, square - (seed or 0.0) - above * (prompt or 0.0)) / spacing, prompt, seed)
