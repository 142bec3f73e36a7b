"""Who works for ``eval``: this process, or a crew of workers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.cli import screen
from motionbench.errors import MissingResourceError

if TYPE_CHECKING:
    from motionbench.cli.evaluate import Labour
    from motionbench.display import Display
    from motionbench.executors.events import EventWriter
    from motionbench.placement import Placement
    from motionbench.plan import Plan
    from motionbench.run import Result
    from motionbench.sharding import Shard
    from motionbench.store import Stage, Store

UNCAPTURED = "MOTIONBENCH_CAPTURE"
"""At 0 what items print stays on the terminal, for whoever debugs a method there."""


def here(
    made: Plan,
    store: Store,
    labour: Labour | None,
    force: Stage | None,
    only_cache: bool,
    placed: Placement | None,
    shard: Shard | None,
) -> Result:
    """In this process, item after item."""
    from motionbench import run
    from motionbench.capturing import Capturing

    with _events(labour.events if labour else None) as events:
        display: Display = screen.choose()
        if os.environ.get(UNCAPTURED) != "0":
            display = Capturing(display, store.logs)
        if events:
            from motionbench.executors.recording import Recording

            display = Recording(display, events)
        retried = labour.retried if labour else None
        return run.Run(
            made, store, display, force=force, only_cache=only_cache, placed=placed, shard=shard, retried=retried
        ).execute()


def by_crew(
    made: Plan, store: Store, labour: Labour, force: Stage | None, placed: Placement | None, shard: Shard | None
) -> Result:
    """By workers that meet in the store."""
    from motionbench.executors import choosing
    from motionbench.executors.crew import Crew
    from motionbench.executors.orders import Order
    from motionbench.placement import Placement

    executor, places = choosing.choose(labour.wanted)
    order = Order(
        labour.question,
        made.plan_id,
        placed=placed or Placement(),
        shard=shard,
        retried=labour.retried,
        timeouts=labour.timeouts,
    )
    with _events(labour.events) as events:
        crew = Crew(made, store, screen.choose_for_crew(), executor, places, order, force=force, events=events)
        return crew.execute()


@contextlib.contextmanager
def _events(path: Path | None) -> Iterator[EventWriter | None]:
    if path is None:
        yield None
        return
    from motionbench.executors.events import EventWriter

    try:
        writer = EventWriter(path, "driver")
    except OSError as error:
        raise MissingResourceError(f"cannot write {path}: {error.strerror}\nGive --events another file.") from error
    try:
        yield writer
    finally:
        writer.close()
