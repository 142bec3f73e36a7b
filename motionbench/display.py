"""What shows a run to whoever waits for it, and what shows nothing."""

from __future__ import annotations

import typing

from motionbench.plan import Item
from motionbench.scoring import Verdict


class Display(typing.Protocol):
    """What shows a run to a human."""

    def start(self, missing: int, cached: int) -> None:
        """The run begins."""

    def begin(self, item: Item) -> None:
        """An item begins."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """The item at hand has got so far (``contracts.Progress``)."""

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """An item ended."""

    def warn(self, text: str) -> None:
        """A line that stays."""

    def stop(self) -> None:
        """The run ended."""


class Silent:
    """Shows nothing."""

    def start(self, missing: int, cached: int) -> None:
        """Nothing."""

    def begin(self, item: Item) -> None:
        """Nothing."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Nothing."""

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""
