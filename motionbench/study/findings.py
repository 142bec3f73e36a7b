"""What a study found, question by question."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from motionbench.errors import MissingResourceError, UsageError
from motionbench.study import agreement, strengths
from motionbench.study.against import Correlation, Values, correlation
from motionbench.study.agreement import Rate
from motionbench.study.answers import Sheet
from motionbench.study.records import Entrant, Key, Question
from motionbench.study.strengths import Draws, Fit, Tally
from motionbench.study.votes import Attendance, Vote, attendance, votes


@dataclass(frozen=True)
class Strength:
    """One method's place."""

    method: Entrant
    value: float | None
    """θ, log-odds against the average of the methods."""
    low: float | None
    high: float | None
    wins: float
    """Ties count one half."""
    votes: int
    reason: str = ""
    """Why there is no value."""


@dataclass(frozen=True)
class Finding:
    """The answers to one question."""

    question: Question
    votes: int
    ties: int
    skips: int
    strengths: tuple[Strength, ...]
    """The strongest first."""
    wins: tuple[tuple[float, ...], ...]
    """``wins[i][j]``: how often the i-th of ``strengths`` was preferred to the j-th, ties one half."""
    no_interval: str
    """Why strengths have no interval, or ""."""
    alpha: float | None
    no_alpha: str
    raters_a_pair: tuple[int, int]
    left: Rate | None
    repeated: Rate | None
    against: tuple[Correlation, ...]


@dataclass(frozen=True)
class Findings:
    """All of a study."""

    study: str
    plan_id: str
    suite: str
    backbone: str
    pass_share: float
    raters: tuple[Attendance, ...]
    seconds: float
    """Median time of a screen."""
    findings: tuple[Finding, ...]

    @property
    def kept(self) -> int:
        """Raters whose votes count."""
        return sum(one.kept for one in self.raters)


def require() -> None:
    """Raises MissingResourceError where the extra is not installed."""
    for package in ("choix", "krippendorff"):
        if importlib.util.find_spec(package) is None:
            raise MissingResourceError(
                f"motionbench study collect needs {package}, which is not installed\n"
                "Install it: pip install 'motionbench-transfer[study]'"
            )


def find(key: Key, sheets: Sequence[Sheet], against: Sequence[Values] = (), draws: int = strengths.DRAWS) -> Findings:
    """Drop raters, count, fit; raises UsageError where no rater remains."""
    cast = votes(key, sheets)
    raters = attendance(key, cast)
    kept = {one.rater for one in raters if one.kept}
    if not kept:
        raise UsageError(
            f"none of {len(raters)} raters has {key.pass_share:.0%} of the attention items right, so no vote counts"
        )
    counting = [vote for vote in cast if vote.rater in kept]
    return Findings(
        key.digest,
        key.plan_id,
        key.suite,
        key.backbone,
        key.pass_share,
        raters,
        median(vote.seconds for vote in counting),
        tuple(_finding(key, question, counting, against, draws) for question in key.questions),
    )


def _finding(key: Key, question: Question, cast: Sequence[Vote], against: Sequence[Values], draws: int) -> Finding:
    own = [vote for vote in cast if vote.showing.question == question]
    asked = [vote for vote in own if vote.showing.role == "pair"]
    said = [vote for vote in asked if vote.choice != "skip"]
    counted = strengths.tally(key.labels, said)
    fit = strengths.fit(counted)
    drawn = strengths.resampled(counted, fit, key.seed, draws)
    sampled, no_interval = (None, drawn) if isinstance(drawn, str) else (drawn, "")
    listed = _strengths(key, counted, fit, sampled)
    order = [key.labels.index(one.method.label) for one in listed]
    alpha = agreement.alpha(said)
    return Finding(
        question,
        len(said),
        sum(vote.choice == "tie" for vote in said),
        len(asked) - len(said),
        listed,
        tuple(tuple(float(counted.total[i, j]) for j in order) for i in order),
        no_interval,
        None if isinstance(alpha, str) else alpha,
        alpha if isinstance(alpha, str) else "",
        agreement.raters_a_pair(said),
        agreement.left([vote for vote in own if vote.showing.role != "attention"]),
        agreement.repeated(own),
        tuple(correlation(one, said, counted, fit, sampled) for one in against),
    )


def _strengths(key: Key, counted: Tally, fit: Fit, draws: Draws | None) -> tuple[Strength, ...]:
    found = []
    total = counted.total
    for place, method in enumerate(key.methods):
        wins, count = float(total[place].sum()), round(float(total[place].sum() + total[:, place].sum()))
        if method.label in fit.apart:
            found.append(Strength(method, None, None, None, wins, count, _why_apart(fit, count)))
            continue
        number = fit.methods.index(method.label)
        low, high = (None, None) if draws is None else strengths.bounds(draws.strengths[:, number])
        found.append(Strength(method, float(fit.values[number]), low, high, wins, count))
    return tuple(sorted(found, key=lambda one: (one.value is None, -(one.value or 0.0))))


def _why_apart(fit: Fit, count: int) -> str:
    if not count:
        return "no votes"
    return f"never compared with {fit.methods[0]}, directly or through others" if fit.methods else "no votes"
