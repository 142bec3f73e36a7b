"""What of a plan the store has and what it lacks: one answer for runs and for forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from motionbench.plan import Item
from motionbench.scoring import Verdict
from motionbench.store import Meta, Stage, Store

Present = Callable[[Item], Verdict | None]
"""How an item of the store ended; None where it is not there, or is to be done again."""


@dataclass(frozen=True)
class Pending:
    """Each item once."""

    missing: tuple[Item, ...]
    """To be done, as far as can be told before it is tried."""
    cached: tuple[Item, ...]
    """All others: there, or not needed by what is to be done."""


def survey(scores: Iterable[Item], present: Present) -> Pending:
    """Scores and all that they need, in the order of the plan."""
    everything: dict[str, Item] = {}
    missing: dict[str, Item] = {}

    def walk(item: Item, *, wanted: bool) -> None:
        """``wanted`` is False below an object that is there."""
        if not wanted and item.key in everything:
            return
        everything[item.key] = item
        lacking = wanted and present(item) is None and not _declined(item, present)
        if lacking:
            missing[item.key] = item
        for need in item.needs:
            walk(need, wanted=lacking)

    for item in scores:
        walk(item, wanted=True)
    return Pending(tuple(missing.values()), tuple(item for key, item in everything.items() if key not in missing))


def _declined(item: Item, present: Present) -> bool:
    """Whether something below the item is there and says that the item will never be."""
    verdicts = [(need, present(need)) for need in item.needs]
    return any(verdict.status != "ok" if verdict else _declined(need, present) for need, verdict in verdicts)


def in_store(store: Store, forced: tuple[Stage, ...] = ()) -> Present:
    """Whether a store has an item; stages that are ``forced`` it has not."""

    def present(item: Item) -> Verdict | None:
        meta = None if item.stage in forced else store.objects.meta(item.stage, item.key)
        return verdict(meta) if meta else None

    return present


def verdict(meta: Meta) -> Verdict:
    """How the object that has this record ended."""
    return Verdict(meta.outcome, meta.reason)
