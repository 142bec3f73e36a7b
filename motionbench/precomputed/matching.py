"""Which candidate is the video of which case and seed; what fits nothing, and what is there twice, is a fault."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motionbench.precomputed.records import Candidate

Slot = tuple[str, int]
"""Case and seed."""


@dataclass(frozen=True)
class Matches:
    """Candidates by the case and seed that they are the video of."""

    videos: Mapping[Slot, Candidate]
    outside: tuple[Candidate, ...]
    """Videos of cases that the suite has and the run leaves out."""
    missing: tuple[Slot, ...]
    """Cases without a video for a seed that other cases have."""
    faults: tuple[str, ...]


def match(candidates: Sequence[Candidate], suite: str, known: Sequence[str], asked: Sequence[str]) -> Matches:
    """``known`` are all cases of the suite, ``asked`` those of the run; the seeds are those of the candidates."""
    videos: dict[Slot, Candidate] = {}
    outside, unmatched, faults = [], [], []
    for candidate in candidates:
        slot = candidate.case, candidate.seed
        if candidate.case not in known:
            unmatched.append(candidate)
        elif candidate.case not in asked:
            outside.append(candidate)
        elif slot in videos:
            faults.append(
                f"{candidate.shown}: {videos[slot].shown} is the video of {spell(slot)} already; remove one of them"
            )
        else:
            videos[slot] = candidate
    seeds = sorted({seed for _, seed in videos}) or [0]
    missing = tuple((case, seed) for case in asked for seed in seeds if (case, seed) not in videos)
    faults += [_unmatched(candidate, suite, known) for candidate in unmatched]
    return Matches(videos, tuple(outside), missing, tuple(faults))


def spell(slot: Slot) -> str:
    """``pan-1--p1, seed 0``."""
    return f"{slot[0]}, seed {slot[1]}"


def _unmatched(candidate: Candidate, suite: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(candidate.case, known, n=1)
    question = f"; did you mean {near[0]!r}?" if near else ""
    return f"{candidate.shown}: the suite {suite} has no case {candidate.case!r}{question}"
