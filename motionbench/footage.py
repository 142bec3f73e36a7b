"""The videos behind the scores of a run: each case's reference, and what each method made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from motionbench import stages
from motionbench.errors import MissingResourceError, UsageError
from motionbench.options import parse_variant
from motionbench.retrace import Trace, retrace
from motionbench.sources import Sources
from motionbench.spelling import suggest
from motionbench.store import Configuration, Row, Store
from motionbench.types import CaseEntry, Video


@dataclass(frozen=True, eq=False)
class Take:
    """One method's video of a case."""

    method: str
    video: Video | None
    reason: str = ""
    """Why there is no video, or ""."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A case with its videos."""

    entry: CaseEntry
    reference: Video
    takes: tuple[Take, ...]


def scene(
    store: Store,
    configuration: Configuration,
    rows: Iterable[Row],
    methods: Sequence[str],
    case: str,
    seed: int,
    sources: Sources | None = None,
) -> Scene:
    """The videos of some methods; raises UsageError where the run has no such case or seed."""
    own = {row.method: row for row in rows if (row.case, row.seed) == (case, seed)}
    if not own:
        raise UsageError(_unknown(configuration, case, seed))
    traces = {method: retrace(configuration, own[method], sources) for method in methods if method in own}
    if not traces:
        raise UsageError(f"none of {', '.join(methods)} was run on {case}")
    first = next(iter(traces.values()))
    entry = first.item.generation.entry
    takes = [_take(store, method, traces.get(method), own.get(method)) for method in methods]
    return Scene(entry, first.request.suite.load(entry).reference, tuple(takes))


def methods_of(configuration: Configuration, asked: Sequence[str]) -> tuple[str, ...]:
    """The labels of what is asked for, or of every method but the controls; raises UsageError with the near name.

    Commas part methods, except inside a label that the run has.
    """
    known = [line.label for line in configuration.methods]
    parts = [part for text in asked for part in ([text] if text in known else filter(None, text.split(",")))]
    competing = tuple(line.label for line in configuration.methods if not line.control)
    return tuple(label_among(known, part.strip()) for part in parts) or competing or tuple(known)


def label_among(known: Sequence[str], text: str) -> str:
    """A label as it is, or that of a variant as ``eval`` reads it; raises UsageError with the near name."""
    label = text if text in known else parse_variant(text).label
    if label not in known:
        raise UsageError(f"the run has no method {text!r}; {suggest(label, known)}")
    return label


def _unknown(configuration: Configuration, case: str, seed: int) -> str:
    cases = [line.id for line in configuration.cases]
    if case not in cases:
        return f"the run has no case {case!r}; {suggest(case, cases)}"
    return f"the run has no seed {seed}; it has {', '.join(map(str, configuration.seeds))}"


def _take(store: Store, method: str, trace: Trace | None, row: Row | None) -> Take:
    if trace is None or row is None:
        return Take(method, None, "not run on this case")
    generation = trace.item.generation
    path: Path = store.objects.path("generate", generation.key) / stages.VIDEO
    if not path.is_file():
        return Take(method, None, row.reason or "its video is not in the store")
    try:
        return Take(method, stages.load_video(path))
    except MissingResourceError as error:
        return Take(method, None, str(error).splitlines()[0])
