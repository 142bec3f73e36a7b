"""Resolves a question although weights are not there, so that a forecast can say which are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from motionbench import request
from motionbench.errors import MissingResourceError
from motionbench.forecast.records import Gap
from motionbench.request import Question, Request
from motionbench.sources import Sources

ABSENT = "absent"
"""In the place of a digest of weights that are not there: no key of the store has it, so all of it is to do."""


@dataclass(frozen=True, eq=False)
class Resolved:
    """A request, and why it cannot be carried out yet."""

    request: Request
    gaps: tuple[Gap, ...]


def resolve(question: Question, sources: Sources | None = None) -> Resolved:
    """As ``request.resolve``; what is missing is noted. Names and options must be right: UsageError as ever."""
    gaps: list[Gap] = []
    sources = sources or Sources()

    def noting(digest: Callable[[Any], str]) -> Callable[[Any], str]:
        def noted(spec: Any) -> str:
            try:
                return digest(spec)
            except MissingResourceError as error:
                gaps.append(gap_of(error))
                return ABSENT

        return noted

    tolerant = dataclasses.replace(
        sources,
        backbone_digest=noting(sources.backbone_digest),
        encoder_digest=noting(sources.encoder_digest),
        tracker_version=noting(sources.tracker_version),
    )
    found = request.resolve(question, tolerant)
    return Resolved(found, tuple(dict.fromkeys((*gaps, *_environments(found)))))


def _environments(asked: Request) -> list[Gap]:
    """Methods whose environment is not built."""
    from motionbench.isolation import environments

    gaps = []
    for choice in asked.methods:
        if choice.spec.environment is not None:
            try:
                environments.python_of(choice.spec)
            except MissingResourceError as error:
                gaps.append(gap_of(error))
    return gaps


def gap_of(error: MissingResourceError) -> Gap:
    """The first line says what is missing, the others what to type."""
    what, _, advice = str(error).partition("\n")
    return Gap(what, advice)
