"""Units of work: one generation with its scores. A worker takes them method by method, so that models load once.

Workers agree on nothing in advance. Each goes through the queue of one method, beginning at a place of its own, and
then to a method that nobody is at; leases keep two from the same unit. Tuned methods come first, since a long unit at
the end leaves the others idle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from motionbench.plan import GenerateItem, ScoreItem


@dataclass(frozen=True)
class Unit:
    """A generation and what is to be told of it."""

    generation: GenerateItem
    scores: tuple[ScoreItem, ...]

    @property
    def method(self) -> str:
        """Its label."""
        return self.generation.choice.label


def units(scores: Iterable[ScoreItem]) -> list[Unit]:
    """Scores by generation, in the order of the plan."""
    found: dict[tuple[str, str, int], list[ScoreItem]] = {}
    for item in scores:
        generation = item.generation
        found.setdefault((generation.choice.label, generation.entry.id, generation.seed), []).append(item)
    return [Unit(group[0].generation, tuple(group)) for group in found.values()]


class Schedule:
    """What one worker of several does next."""

    def __init__(self, todo: Sequence[Unit], rank: int, count: int) -> None:
        ordered = sorted(todo, key=lambda unit: unit.generation.tune is None)
        self._queues: dict[str, deque[Unit]] = {}
        for unit in ordered:
            self._queues.setdefault(unit.method, deque()).append(unit)
        for queue in self._queues.values():
            queue.rotate(-(rank * len(queue) // count))
        self._rank, self._current = rank, ""
        self._waiting: list[Unit] = []

    @property
    def switches(self) -> bool:
        """Whether the next unit is of another method than the last one."""
        return not self._queues.get(self._current)

    @property
    def waiting(self) -> int:
        """Units that somebody else was at."""
        return len(self._waiting)

    def next(self, busy: Collection[str] = ()) -> Unit | None:
        """A unit, of a method that is not ``busy`` where the method changes; None where only waiting ones are left."""
        if self.switches:
            open_ = [name for name, queue in self._queues.items() if queue]
            if not open_:
                return None
            free = [name for name in open_ if name not in busy] or open_
            self._current = free[self._rank % len(free)]
        return self._queues[self._current].popleft()

    def defer(self, unit: Unit) -> None:
        """Somebody else is at it: look again when all else is done."""
        self._waiting.append(unit)

    def resume(self) -> None:
        """Queue again what was waiting."""
        for unit in self._waiting:
            self._queues.setdefault(unit.method, deque()).append(unit)
        self._waiting = []
