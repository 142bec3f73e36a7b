"""A run in parts: shard 2/3 does every third pair of method and reference, beginning with the second.

All that one tuning serves stays together, so no shard tunes what another tunes. Pairs are dealt out in the order of the
plan, method by method, so that each shard gets its share of dear and cheap methods. The plan, and so every key, is that
of the whole: merged stores make one table (``motionbench store merge``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from motionbench.errors import UsageError
from motionbench.plan import ScoreItem


@dataclass(frozen=True)
class Shard:
    """Part ``number`` of ``count``, counted from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """``"2/3"``; raises UsageError for any other form and for a part that is not there."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard takes PART/PARTS counted from 1, such as 1/4, got {text!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def takes(self, scores: Sequence[ScoreItem]) -> tuple[ScoreItem, ...]:
        """Its part of a plan's scores, in their order."""
        places = {pair: place for place, pair in enumerate(dict.fromkeys(map(_pair, scores)))}
        return tuple(item for item in scores if places[_pair(item)] % self.count == self.number - 1)


def _pair(item: ScoreItem) -> tuple[str, str]:
    generation = item.generation
    return generation.choice.label, generation.entry.reference_id
