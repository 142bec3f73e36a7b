"""Who wins: pairwise counts, and Bradley–Terry strengths with intervals.

P(i is preferred to j) = 1/(1 + exp(θⱼ − θᵢ)), Σθ = 0 (Bradley & Terry, "Rank Analysis of Incomplete Block Designs",
Biometrika 39, 1952); a tie is half a win for each side. choix fits θ by maximum likelihood (Maystre & Grossglauser,
"Fast and Accurate Inference of Plackett–Luce Models", 2015). A method that wins always has no finite θ, so each of m
methods gets one tie more, shared out over those that it met: half a win each way over m − 1 a pair, for two methods the
correction of Haldane and Anscombe.

Intervals are percentiles of a bootstrap that draws raters and clips, each with replacement, a vote counting as often as
its rater and its clip were drawn (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from motionbench.study.votes import Vote

DRAWS = 5_000
LEVEL = 0.95
FEWEST_RATERS, FEWEST_CLIPS = 3, 2
_AT_ONCE = 500
_ITERATIONS = 10_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tally:
    """Wins by rater and clip."""

    methods: tuple[str, ...]
    raters: tuple[int, ...]
    clips: tuple[str, ...]
    wins: Floats
    """``[R, C, m, m]``: how often the row was preferred to the column; ties count one half both ways."""

    @property
    def total(self) -> Floats:
        """``[m, m]``."""
        return np.asarray(self.wins.sum(axis=(0, 1)))


@dataclass(frozen=True, eq=False)
class Fit:
    """Strengths of the methods that can be compared."""

    methods: tuple[str, ...]
    values: Floats
    """``[k]``, mean 0."""
    apart: tuple[str, ...]
    """Methods that nobody compared with these, directly or through others."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Resamples of one fit."""

    strengths: Floats
    """``[B, k]``."""
    clips: Floats
    """``[B, C]``: how often each clip was drawn."""


def tally(methods: Sequence[str], cast: Sequence[Vote]) -> Tally:
    """Of votes that are no skips."""
    raters = sorted({vote.rater for vote in cast})
    clips = sorted({vote.showing.slot.reference for vote in cast})
    place = {name: number for number, name in enumerate(methods)}
    wins = np.zeros((len(raters), len(clips), len(methods), len(methods)))
    for vote in cast:
        here = wins[raters.index(vote.rater), clips.index(vote.showing.slot.reference)]
        a, b = place[vote.showing.a], place[vote.showing.b]
        share = {"a": 1.0, "b": 0.0, "tie": 0.5}[vote.choice]
        here[a, b] += share
        here[b, a] += 1 - share
    return Tally(tuple(methods), tuple(raters), tuple(clips), wins)


def fit(counted: Tally) -> Fit:
    """The largest group of methods that votes connect; of equal groups that of the first method."""
    met = counted.total + counted.total.T
    _, groups = csgraph.connected_components(met > 0, directed=False)
    sizes = np.bincount(groups)
    chosen = [place for place in range(len(groups)) if groups[place] == groups[int(np.argmax(sizes[groups]))]]
    names = tuple(counted.methods[place] for place in chosen)
    apart = tuple(name for name in counted.methods if name not in names)
    if len(chosen) < 2:
        return Fit((), np.zeros(0), counted.methods)
    return Fit(names, _strengths(counted.total[np.ix_(chosen, chosen)], _extra(met, chosen)), apart)


def resampled(counted: Tally, found: Fit, seed: int, draws: int = DRAWS) -> Draws | str:
    """The bootstrap, or the reason why there is none."""
    if len(found.methods) < 2:
        return "no two methods were compared"
    if len(counted.raters) < FEWEST_RATERS:
        return f"fewer than {FEWEST_RATERS} raters"
    if len(counted.clips) < FEWEST_CLIPS:
        return f"fewer than {FEWEST_CLIPS} clips"
    generator = np.random.default_rng(seed)
    raters, clips = (_picked(len(part), draws, generator) for part in (counted.raters, counted.clips))
    chosen = [counted.methods.index(name) for name in found.methods]
    wins = counted.wins[:, :, chosen][:, :, :, chosen]
    extra = _extra(counted.total + counted.total.T, chosen)
    strengths = [
        _strengths(one, extra, found.values)
        for start in range(0, draws, _AT_ONCE)
        for one in _weighted(wins, raters[start : start + _AT_ONCE], clips[start : start + _AT_ONCE])
    ]
    return Draws(np.array(strengths), clips)


def bounds(draws: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of ``[B]`` draws."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return float(low), float(high)


def _weighted(wins: Floats, raters: Floats, clips: Floats) -> Floats:
    """``[b, m, m]`` from ``[R, C, m, m]`` and weights ``[b, R]``, ``[b, C]``."""
    by_clip = np.tensordot(raters, wins, axes=1)
    return np.asarray(np.einsum("bc,bcij->bij", clips, by_clip))


def _picked(count: int, draws: int, generator: np.random.Generator) -> Floats:
    """``[draws, count]``: how often each was drawn."""
    return generator.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)


def _extra(met: Floats, chosen: Sequence[int]) -> Floats:
    """The ties beyond those given: on pairs that met alone, so that they connect nothing."""
    return np.asarray((met[np.ix_(chosen, chosen)] > 0) * (0.5 / (len(chosen) - 1)))


def _strengths(wins: Floats, extra: Floats, start: Floats | None = None) -> Floats:
    import choix

    found = choix.ilsr_pairwise_dense(wins + extra, initial_params=start, max_iter=_ITERATIONS)
    return np.asarray(found - found.mean())
