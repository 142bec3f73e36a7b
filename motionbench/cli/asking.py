"""What ``eval`` and ``plan`` are asked: their options, once, and the question that these make."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.placement import Placement
    from motionbench.request import Question


@dataclass(frozen=True)
class Asked:
    """The options, as they are typed."""

    config: options.Config = None
    method: options.Methods = None
    suite: options.Suite = None
    data: options.Data = None
    metric: options.Metrics = None
    quick: options.Quick = False
    no_controls: options.NoControls = False
    preset: options.Preset = None
    assignments: options.Assignments = None
    backbone: options.Backbone = "mini-wan"
    dtype: options.DtypeOfBackbone = None
    quantise: options.QuantisedTo = None
    tiled: options.Tiled = False
    memory: options.MemoryOfBackbone = options.Memory.full
    device: options.Device = ""
    encoder: options.Encoders = None
    tracker: options.Tracker = ""
    store: options.StoreFolder = options.DEFAULT_STORE
    seed: options.Seed = None
    seeds: options.Seeds = None
    tune_seed: options.TuneSeed = 0
    deterministic: options.Deterministic = False
    force: options.Force = None
    only_cache: options.OnlyCache = False
    fail_on_error: options.FailOnError = "0"
    show_config: options.ShowConfig = False

    def question(self) -> Question:
        """The request in words; raises UsageError for options that do not go together."""
        from motionbench.request import Question

        check_source(self.suite, self.data)
        return Question(
            methods=options.listed(self.method),
            suite=self.suite or "mini",
            data=self.data,
            metrics=options.listed(self.metric),
            backbone=self.backbone,
            dtype=self.dtype.value if self.dtype else "",
            quantised=self.quantise.value if self.quantise else "",
            tiled=self.tiled,
            memory=self.memory.value,
            encoders=options.listed(self.encoder),
            tracker=self.tracker,
            preset=self.preset,
            assignments=tuple(self.assignments or ()),
            seeds=seeds(self.seed, self.seeds),
            tune_seed=self.tune_seed,
            quick=self.quick,
            controls=not self.no_controls,
        )

    def placement(self) -> Placement:
        """Where and how models run; raises UsageError for a device that torch has no name for."""
        from motionbench.placement import Placement

        return Placement(self.device, self.deterministic)


def asks(function: Callable[..., None]) -> Callable[..., None]:
    """A command with these options and ``function``'s own: it is called with an ``Asked`` and those.

    ``--show-config`` is answered here, as it is the same for every command.
    """
    names = [field.name for field in fields(Asked)]
    own = inspect.signature(function, eval_str=True)

    @functools.wraps(function)
    def command(context: typer.Context, **values: Any) -> None:
        asked = Asked(**{name: values.pop(name) for name in names})
        if asked.show_config:
            from motionbench.cli import settings

            settings.show(context)
            return
        function(asked, **values)

    parameters = [
        inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *_parameters(Asked),
        *[each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in list(own.parameters.values())[1:]],
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    del command.__wrapped__  # typer would read that one's annotations
    return command


def _parameters(record: type) -> list[inspect.Parameter]:
    """The fields of a record as parameters of a command."""
    hints = typing.get_type_hints(record, include_extras=True)
    return [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name])
        for each in fields(record)
    ]


def check_source(suite: str | None, data: Path | None) -> None:
    """Raises UsageError where cases are asked for from two places."""
    if suite is not None and data is not None:
        raise UsageError("--suite and --data exclude each other: leave one of them out")


def seeds(single: list[int] | None, several: str | None) -> tuple[int, ...]:
    """Seeds given again and seeds with commas are the same; raises UsageError for what is no seed."""
    try:
        found = [*(single or ()), *(int(part) for part in (several or "").split(",") if part.strip())]
    except ValueError as error:
        raise UsageError(f"--seeds takes whole numbers with commas, such as 0,1,2, got {several!r}") from error
    if any(seed < 0 for seed in found):
        raise UsageError(f"a seed is not negative, got {min(found)}")
    return tuple(found) or (0,)
