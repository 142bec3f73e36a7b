"""From a score back to what it was made of: the request that gives its key again, and so its objects in the store.

A row holds the key of its score alone. The request is resolved again from the saved configuration, with the digests of
weights that were recorded; where its plan holds the score's key, the keys of video, tracks and tuning are those of the
score beyond doubt. Where it does not, as versions or clips have changed since, ``retrace`` says so.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from motionbench import options, plan, registry, request
from motionbench.errors import MissingResourceError
from motionbench.plan import Item, ScoreItem
from motionbench.precomputed import Given
from motionbench.request import Question, Request
from motionbench.sources import Sources
from motionbench.specs import EncoderSpec
from motionbench.store import Configuration, MethodLine, Row

_PRECOMPUTED = "precomputed"


@dataclass(frozen=True)
class Trace:
    """A score's item, and the request of which it is a part."""

    question: Question
    request: Request
    item: ScoreItem

    @property
    def steps(self) -> tuple[Item, ...]:
        """What the score was made of, first things first."""
        return tuple({(item.stage, item.key): item for item in _needed(self.item)}.values())


def retrace(configuration: Configuration, row: Row, sources: Sources | None = None) -> Trace:
    """Raises UsageError or MissingResourceError where what the score needs is no longer installed or has changed."""
    sources = _recorded(configuration, sources or Sources())
    question = question_of(configuration, row)
    resolved = request.resolve(question, sources)
    items = plan.make(resolved).scores
    found = next((item for item in items if item.key == row.key), None)
    if found is None:
        raise MissingResourceError(
            f"this MotionBench makes the score under another key: {_change(resolved, configuration)}"
        )
    return Trace(_narrowed(question, found, resolved, sources), resolved, found)


def question_of(configuration: Configuration, row: Row) -> Question:
    """The least that has to be asked to get this score."""
    line = next(line for line in configuration.methods if line.label == row.method)
    words = _Words(configuration.command)
    given = words.given(line) if line.status == _PRECOMPUTED else None
    data = words.path("--data")
    encoders = tuple(name for name in configuration.encoder.split(",") if name)
    metric, _, other = row.metric.partition("@")
    return Question(
        methods=() if given else (variant(line, configuration.backbone),),
        suite="mini" if data else configuration.suite,
        data=data,
        metrics=(metric,),
        backbone=configuration.backbone,
        encoders=encoders if other else encoders[:1],
        tracker=configuration.protocol.tracker,
        seeds=(row.seed,),
        tune_seed=configuration.tune_seed,
        controls=False,
        given=given,
    )


def variant(line: MethodLine, backbone: str) -> str:
    """What ``--method`` takes for a method with these options: ``fym:stride=2``."""
    spec = registry.method(line.name)
    chosen = f"preset={line.preset}" in line.label
    start = options.resolve(spec, backbone, line.preset if chosen else None, ())
    changed = [
        f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in line.options.items()
        if start.options.get(name) != value
    ]
    parts = [*([line.preset] if chosen else []), *changed]
    return f"{line.name}:{'+'.join(parts)}" if parts else line.name


def command(trace: Trace, store: str) -> str:
    """The command that makes the score again, in a store of its own."""
    asked, protocol = trace.question, trace.request.suite.protocol
    given = asked.given
    if given:
        words = ["motionbench", "score", "--videos", str(given.directory), "--method", given.name]
        words += ["--map", str(given.table)] if given.table else []
        words += ["--resample"] if given.resample else []
    else:
        words = ["motionbench", "eval", "--method", *asked.methods]
    words += ["--data", str(asked.data)] if asked.data else ["--suite", asked.suite]
    words += ["--metric", *asked.metrics, "--no-controls"]
    words += ["--quick"] if asked.quick else []
    defaults = Question(methods=())
    words += ["--backbone", asked.backbone] if asked.backbone != defaults.backbone else []
    unsaid = ((), (request.usual_encoder(trace.request.backbone, protocol, given=given is not None),))
    words += ["--encoder", ",".join(asked.encoders)] if asked.encoders not in unsaid else []
    # A folder's protocol takes whatever tracker is asked for.
    usual = "lk" if asked.data else protocol.tracker
    words += ["--tracker", asked.tracker] if asked.tracker != usual else []
    if not given:
        words += ["--seed", str(asked.seeds[0]), "--tune-seed", str(asked.tune_seed)]
    return shlex.join([*words, "--store", store])


def _needed(item: Item) -> Iterator[Item]:
    for need in item.needs:
        yield from _needed(need)
    yield item


def _recorded(configuration: Configuration, sources: Sources) -> Sources:
    """The same doors, with the digests that were recorded: those on disk may have changed since."""
    digests = dict(zip(configuration.encoder.split(","), configuration.encoder_digest.split(","), strict=False))

    def encoder_digest(spec: EncoderSpec) -> str:
        return digests.get(spec.name, "")

    return dataclasses.replace(
        sources, backbone_digest=lambda spec: configuration.backbone_digest, encoder_digest=encoder_digest
    )


def _narrowed(question: Question, item: ScoreItem, resolved: Request, sources: Sources) -> Question:
    """With ``--quick`` where the case is among the few."""
    few = {entry.id for entry in sources.quick(resolved.suite.entries)}
    everything = len(few) == len(resolved.suite.entries)
    return dataclasses.replace(question, quick=item.generation.entry.id in few and not everything)


def _change(resolved: Request, configuration: Configuration) -> str:
    """What explains that a key is another one, as far as records tell."""
    metrics = {line.name: line.version for line in configuration.metrics}
    methods = {line.name: line.version for line in configuration.methods}
    cases = {line.id: line.digest for line in configuration.cases}
    pairs = [
        *((f"the metric {c.name}", metrics.get(c.name), c.spec.version) for c in resolved.columns),
        *((f"the method {m.spec.name}", methods.get(m.spec.name), m.spec.version) for m in resolved.methods),
        *((f"the clip of {e.id}", cases[e.id][:12], e.digest[:12]) for e in resolved.entries if e.id in cases),
    ]
    found = [f"{what} was {then} and is {now}" for what, then, now in pairs if then != now]
    return "; ".join(found[:3]) or "something that its key holds has changed since"


class _Words:
    """A recorded command line."""

    def __init__(self, text: str) -> None:
        self._words = [
            part for word in shlex.split(text) for part in (word.split("=", 1) if word[:2] == "--" else [word])
        ]

    def path(self, flag: str) -> Path | None:
        """The value of an option, where it was given."""
        place = self._words.index(flag) + 1 if flag in self._words else len(self._words)
        return Path(self._words[place]) if place < len(self._words) else None

    def given(self, line: MethodLine) -> Given:
        """The videos of ``motionbench score``."""
        return Given(line.name, self.path("--videos") or Path(), self.path("--map"), "--resample" in self._words)
