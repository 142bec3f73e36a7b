"""A worker among others (``engine.Peers``): leases on items at hand, the ledger of failures."""

from __future__ import annotations

import threading

from motionbench import failures
from motionbench.engine import Stopped
from motionbench.executors.ledger import Ledger
from motionbench.executors.units import Unit
from motionbench.failures import Failure
from motionbench.pending import Present
from motionbench.plan import GenerateItem, Item, TrackItem, TuneItem
from motionbench.scoring import Verdict
from motionbench.store.leases import Leases

_POLL = 0.25


class Claims:
    """What this worker may do, and what others have done."""

    def __init__(self, leases: Leases, ledger: Ledger, present: Present, halt: threading.Event) -> None:
        self._leases, self._ledger, self._present, self._halt = leases, ledger, present, halt

    def known(self, item: Item) -> Verdict | None:
        """How an item failed for good in this run."""
        return self._ledger.verdict(item)

    def take(self, item: Item) -> Verdict | None:
        """Wait until an item is ours to do; or the verdict of whoever was faster. Raises Stopped."""
        if not _is_shared(item):
            return None
        while not self._try(item):
            if self._halt.wait(_POLL):
                raise Stopped
            if found := self._ended(item):
                return found
        found = self._ended(item)
        if found:
            self.release(item)
        return found

    def tried(self, item: Item, failure: Failure) -> int:
        """Count a try that failed so; how many there were."""
        return self._ledger.tried(item, failure)

    def fail(self, item: Item, verdict: Verdict) -> None:
        """An item failed for good."""
        self._ledger.fail(item, verdict)

    def release(self, item: Item) -> None:
        """Let others see to it."""
        self._leases.release(lease_of(item))

    def release_all(self) -> None:
        """Nothing is at hand any more."""
        self._leases.release_all()

    def claim(self, unit: Unit) -> bool:
        """Take a unit and the tuning that it needs, at once or not at all."""
        generation, tune = unit.generation, unit.generation.tune
        needed: list[Item] = [generation] if tune is None or self._ended(tune) else [generation, tune]
        if all(self._try(item) for item in needed):
            return True
        for item in needed:
            self.release(item)
        return False

    def others(self) -> set[str]:
        """Keys of all items that are at work somewhere."""
        return {name.partition("-")[2] for name in self._leases.listed()}

    def _ended(self, item: Item) -> Verdict | None:
        return self._present(item) or self.known(item)

    def _try(self, item: Item) -> bool:
        answer = self._leases.take(lease_of(item))
        if answer == "inherited" and self._ended(item) is None:
            lose(self._ledger, item, "its worker fell silent")
        return answer != "held"


def _is_shared(item: Item) -> bool:
    """Whether several units need it; all else is in nobody's hands but those of whoever has the unit."""
    return isinstance(item, TuneItem | GenerateItem) or (isinstance(item, TrackItem) and item.generation is None)


def lease_of(item: Item) -> str:
    """The name of an item's lease."""
    return f"{item.stage}-{item.key}"


def lose(ledger: Ledger, item: Item, how: str) -> Verdict | None:
    """Count a worker that was lost at an item; the verdict where that were too many."""
    tries = ledger.tried(item, "transient")
    if tries <= failures.RETRIES["transient"]:
        return None
    verdict = Verdict("failed", f"{how} at it {tries} times", "WorkerError", "transient")
    ledger.fail(item, verdict)
    return verdict


def late(ledger: Ledger, item: Item, limit: float) -> Verdict | None:
    """Count an item that took too long; the verdict where it is not tried again."""
    if ledger.tried(item, "timeout") <= failures.RETRIES["timeout"]:
        return None
    verdict = Verdict("failed", f"took longer than {limit:g} s (--timeout)", "TimeoutError", "timeout")
    ledger.fail(item, verdict)
    return verdict
