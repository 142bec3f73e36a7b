"""``motionbench eval``: run what is missing and end with the table."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from motionbench.cli import options
from motionbench.cli.asking import Asked, asks
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.executors.choosing import Wanted
    from motionbench.failures import Failure
    from motionbench.placement import Placement
    from motionbench.plan import Plan
    from motionbench.request import Question
    from motionbench.run import Result
    from motionbench.sharding import Shard
    from motionbench.store import Stage, Store

EPILOG = (
    "Examples:\n\n"
    "motionbench eval --method fym --quick\n\n"
    "motionbench eval --method fym,fym:stride=2,sdedit:low,sdedit:high --seeds 0,1,2\n\n"
    "motionbench eval --method fym --data my-videos --format json > table.json"
)
_FAILED, _INCONCLUSIVE, _INTERRUPTED = 3, 8, 130


@dataclass(frozen=True)
class Tolerance:
    """How many failed generations are accepted."""

    limit: float
    is_share: bool

    def exceeded(self, result: Result) -> bool:
        """Whether a run failed more often than that."""
        failed = result.failures / max(result.generations, 1) if self.is_share else result.failures
        return failed > self.limit


@dataclass(frozen=True)
class Labour:
    """Who does the work and how failures are met; in this process where nothing else is asked for."""

    wanted: Wanted
    question: Question
    timeouts: Mapping[str, float]
    retried: tuple[Failure, ...] | None = None
    events: Path | None = None

    @property
    def in_this_process(self) -> bool:
        """An item that takes too long can only be ended with its process."""
        return self.wanted.in_this_process and not self.timeouts


@asks
def evaluate(
    asked: Asked,
    shard: options.Shard = "",
    executor: options.ExecutorName = options.Executor.local,
    workers: options.Workers = 0,
    gpus: options.Gpus = "",
    with_: options.With = None,
    timeout: options.Timeouts = None,
    retry_failed: options.RetryFailed = "",
    events: options.Events = None,
    format: options.TableFormat = options.Format.human,
) -> None:
    """Run whatever is missing and end with the leaderboard."""
    from motionbench.executors import choosing
    from motionbench.failures import parse
    from motionbench.sharding import Shard

    question, placed = asked.question(), asked.placement()
    allowed = tolerance(asked.fail_on_error)
    labour = Labour(
        choosing.Wanted(executor.value, workers, gpus, choosing.settings(with_ or [])),
        question,
        choosing.timeouts(timeout or []),
        parse(retry_failed) if retry_failed else None,
        events,
    )
    part = Shard.parse(shard) if shard else None
    with resumable():
        from motionbench import plan, request
        from motionbench.store import Store

        opened = Store.open(asked.store)
        made = plan.make(request.resolve(question))
        code = answer(made, opened, asked.force, asked.only_cache, allowed, format, placed, part, labour)
    raise typer.Exit(code)


@contextmanager
def resumable() -> Iterator[None]:
    """Ctrl-C inside exits with the command that goes on."""
    try:
        yield
    except KeyboardInterrupt:
        _say(f"Interrupted. Nothing is lost; go on with:\n  {_command()}")
        raise typer.Exit(_INTERRUPTED) from None


def answer(
    made: Plan,
    store: Store,
    force: options.Stage | None,
    only_cache: bool,
    allowed: Tolerance,
    format: options.Format,
    placed: Placement | None = None,
    shard: Shard | None = None,
    labour: Labour | None = None,
) -> int:
    """Run a plan or a shard of it, print its table, say what is next; the exit code."""
    from motionbench.cli import labouring

    store.save_plan(made.configuration(_command()))
    if labour is None or labour.in_this_process or only_cache:
        result = labouring.here(made, store, labour, _stage(force), only_cache, placed, shard)
    else:
        result = labouring.by_crew(made, store, labour, _stage(force), placed, shard)
    unfinished = _tell(made, store, result, shard) if shard else _show(made, store, result, format)
    return _exit_code(result, allowed, unfinished)


def _tell(made: Plan, store: Store, result: Result, shard: Shard) -> int:
    """A shard has no table: the scores that it has not reached."""
    asked = len(shard.takes(made.scores))
    _say(
        f"Shard {shard}: {len(result.rows)} of its {asked} scores are in {store.root}, of {len(made.scores)} in all; "
        f"{result.performed} items done now."
    )
    if result.interrupted:
        _say(f"Interrupted. Nothing is lost; go on with:\n  {_command()}")
    elif result.failures:
        _say(f"Tracebacks of what failed: {store.root / 'logs'}")
    _say(
        "When all are done: motionbench store merge OUT STORES, "
        f"then motionbench table --store OUT --plan {made.plan_id}"
    )
    return asked - len(result.rows)


def _show(made: Plan, store: Store, result: Result, format: options.Format) -> int:
    from motionbench.cli import printing
    from motionbench.leaderboard.aggregate import board

    shown = board(made.configuration(), result.rows, store.rejections())
    printing.show(shown, format, str(store.root))
    if result.interrupted:
        _say(f"Interrupted; the table is partial. Nothing is lost; go on with:\n  {_command()}")
    else:
        flag = "" if store.root == options.DEFAULT_STORE else f" --store {shlex.quote(str(store.root))}"
        plan_file = store.root / "plans" / f"{made.plan_id}.json"
        _say(
            f"Store {store.root} · plan {plan_file} · {result.performed} items done now, "
            "the others were there or had nothing to do."
        )
        if result.failures:
            _say(f"Tracebacks of what failed: {store.root / 'logs'}")
        _say(f"Next: motionbench table{flag} --plan {made.plan_id} --format md")
    return shown.unfinished


def _exit_code(result: Result, allowed: Tolerance, unfinished: int) -> int:
    if result.interrupted:
        return _INTERRUPTED
    if allowed.exceeded(result):
        return _FAILED
    return _INCONCLUSIVE if unfinished else 0


def tolerance(text: str) -> Tolerance:
    """``2`` is a number of generations, ``0.05`` a share of them."""
    if re.fullmatch(r"\d+", text):
        return Tolerance(float(text), is_share=False)
    if re.fullmatch(r"0?\.\d+|1\.0*", text):
        return Tolerance(float(text), is_share=True)
    raise UsageError(f"--fail-on-error takes a number such as 2 or a share such as 0.05, got {text!r}")


def _stage(force: options.Stage | None) -> Stage | None:
    return force.value if force else None


def _command() -> str:
    return shlex.join(["motionbench", *sys.argv[1:]])


def _say(text: str) -> None:
    typer.echo(text, err=True)
