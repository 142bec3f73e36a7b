"""What is in the registered suites, and whether each case is what its suite says: for ``motionbench data``."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast, runtime_checkable

from motionbench import registry
from motionbench.contracts import Progress, Suite, silent
from motionbench.errors import MissingResourceError, MotionBenchError
from motionbench.types import CATEGORIES, CaseEntry, Category


@dataclass(frozen=True)
class SuiteSummary:
    """One suite in a line."""

    name: str
    summary: str
    protocol: str
    categories: tuple[tuple[Category, int], ...]
    """References in each category."""
    references: int
    cases: int
    broken: str = ""
    """Why the suite cannot be opened, or ""."""
    unfetched: bool = False
    """Whether what is in it can be told only when its files are here."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a suite."""

    reference_id: str
    message: str


@runtime_checkable
class Checked(typing.Protocol):
    """A suite that can look at the parts of a case one by one."""

    def checks(self, entry: CaseEntry) -> Iterator[Callable[[], object]]:
        """Everything that can be wrong with a case, each to be called on its own."""


@runtime_checkable
class Fetched(typing.Protocol):
    """A suite whose files lie behind addresses."""

    @property
    def unfetched(self) -> bool:
        """Whether none of its references is on this machine."""


def is_unfetched(suite: Suite) -> bool:
    """Whether a suite's files lie behind addresses and none is on this machine."""
    return isinstance(suite, Fetched) and suite.unfetched


def open_suite(name: str) -> Suite:
    """A registered suite; raises UsageError with a near name, MissingResourceError where it is broken."""
    spec = registry.suite(name)
    return cast(Suite, registry.implementation(spec)(spec.name))


def summaries() -> tuple[SuiteSummary, ...]:
    """Every registered suite; one that cannot be opened says why and hides no other."""
    return tuple(_summary(entry) for entry in registry.entries("suites"))


def _summary(entry: registry.Entry) -> SuiteSummary:
    try:
        suite = open_suite(entry.name)
        if is_unfetched(suite) and not _is_listed(suite):
            return SuiteSummary(suite.name, suite.summary, suite.protocol.name, (), 0, 0, unfetched=True)
        references = {case.reference_id: case.category for case in suite.entries}
    except Exception as error:  # a stranger's suite may raise anything, and must not stop the listing
        return SuiteSummary(entry.name, "", "", (), 0, 0, broken=entry.broken or str(error))
    counts = Counter(references.values())
    categories = tuple((category, counts[category]) for category in CATEGORIES if counts[category])
    return SuiteSummary(suite.name, suite.summary, suite.protocol.name, categories, len(references), len(suite.entries))


def _is_listed(suite: Suite) -> bool:
    """Whether what is in a suite can be told without its files."""
    try:
        return bool(suite.entries)
    except MissingResourceError:
        return False


def verify_suite(name: str, progress: Progress = silent) -> tuple[Fault, ...]:
    """Every fault of a registered suite, found in one pass."""
    return verify(open_suite(name), progress)


def verify(suite: Suite, progress: Progress = silent) -> tuple[Fault, ...]:
    """Every fault of a suite: absent files, other digests, unusable videos, captions that do not fit."""
    found: dict[Fault, None] = {}
    for done, entry in enumerate(suite.entries, start=1):
        for check in _checks(suite, entry):
            try:
                check()
            except MotionBenchError as error:
                found[Fault(entry.reference_id, str(error))] = None
        progress("verify", done, len(suite.entries))
    return tuple(found)


def _checks(suite: Suite, entry: CaseEntry) -> Iterator[Callable[[], object]]:
    if isinstance(suite, Checked):
        yield from suite.checks(entry)
    else:
        yield lambda: suite.load(entry)
