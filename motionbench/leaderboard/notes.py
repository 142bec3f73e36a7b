"""The lines below a table: how to read it, what may be concluded, what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from motionbench.leaderboard import calibration, significance
from motionbench.leaderboard.aggregate import ALL, ANCHOR, Board, Failure, Truncation
from motionbench.leaderboard.calibration import NoScale
from motionbench.leaderboard.sheets import PLAIN, REJECTED, totals
from motionbench.leaderboard.variance import Shares
from motionbench.leaderboard.views import View
from motionbench.store import MetricLine

_COVERAGE = "91 % at 5, 75 % at 3"
"""As ``benchmarks/coverage.py`` measures it."""


def notes(board: Board, view: View = PLAIN) -> list[str]:
    """In the order of the tables."""
    notice = [board.configuration.notice] if board.configuration.notice else []
    omitted = [f"{omission.method} is left out: {omission.reason}" for omission in board.omissions]
    failures = [_failure(failure, board) for failure in board.failures]
    truncated = [_truncation(truncation) for truncation in board.truncations]
    unfinished = [f"Unfinished: {board.unfinished} scores are still to be made."] if board.unfinished else []
    rejected = [f"{REJECTED} {rejection.metric}: {rejection.reason}" for rejection in board.rejections]
    return [
        legend(board, view),
        *notice,
        *_bounds(board, view),
        *_subsets(board),
        *conclusions(board, view),
        *rejected,
        *truncated,
        *_untimed(board, view),
        *omitted,
        *failures,
        *unfinished,
    ]


def legend(board: Board, view: View = PLAIN) -> str:
    """How to read the cells."""
    competing = sum(not method.control for method in board.methods) > 1
    incomplete = any(s.n < board.total(ALL) for s in totals(board))
    interval = "half the width of its 95 % bootstrap interval" if view.half_width else "its 95 % bootstrap interval"
    return (
        f"Mean over reference videos with {interval}; controls bound each metric."
        + (" Among methods the best is bold, the second underlined." if competing else "")
        + (" †n/N: only n of N have a value." if incomplete else "")
    )


def conclusions(board: Board, view: View = PLAIN) -> Iterator[str]:
    """What the intervals hold, how tests were made and what they could have shown, how ties are found, variance."""
    directed = [metric for metric in board.configuration.metrics if metric.better != "none"]
    if board.references < significance.LEAST:
        yield f"Fewer than {significance.LEAST} reference videos ({board.references}): intervals, but no p-values."
    if min(_group_sizes(board)) < significance.LEAST:
        few = f"fewer than {significance.LEAST} reference videos"
        yield f"Intervals of {few} hold the truth less often than 95 %: {_COVERAGE}."
    if view.shows("differences") and any(one.adjusted is not None for one in board.inference.evidence):
        yield (
            f"p-values: sign-flip test of the difference from {ANCHOR} over reference videos, two-sided, "
            "Holm-adjusted over the methods of a metric."
        )
        yield f"Least difference shown with 80 % power: {', '.join(_detectable(board, directed))}."
    leading = {metric.name for metric in directed if metric.status == "headline"}
    if view.shows("ranks") and any(place.metric in leading for place in board.inference.places):
        yield (
            "Ranks are over the reference videos that all methods share; methods with one letter are not separated "
            "from the best of them by a 95 % interval."
        )
    shares = [_share(one) for one in board.inference.shares if one.metric in leading and _split(one)]
    if shares:
        yield f"Variance between reference videos / prompts / seeds: {'; '.join(shares)}."


def _group_sizes(board: Board) -> list[int]:
    groups = [{case.reference for case in board.cases_of(group)} for group in (ALL, *board.groups)]
    return [len(references) for references in groups]


def _detectable(board: Board, metrics: Iterable[MetricLine]) -> Iterator[str]:
    for metric in metrics:
        own = [one.detectable for one in board.inference.evidence if one.metric == metric.name]
        known = [effect for effect in own if effect is not None]
        if known:
            yield f"{metric.name} {max(known):.{metric.decimals}f}"


def _split(one: Shares) -> bool:
    return not (one.prompt is None and one.seed is None)


def _share(one: Shares) -> str:
    parts = (one.reference, one.prompt, one.seed)
    return f"{one.metric} {' / '.join('—' if part is None else f'{100 * part:.0f}' for part in parts)} %"


def _subsets(board: Board) -> Iterator[str]:
    total = board.total(ALL)
    if board.common:
        counts = {s.metric: s.n for s in totals(board) if s.n}
        listed = [f"{metric} {n} of {total}" for metric, n in counts.items() if n < total] or [f"all {total}"]
        yield f"Only the common subset is compared, the cases that every method and control has: {', '.join(listed)}."
        return
    uneven = [one for one in board.inference.subsets if one.category == ALL and not one.complete]
    if uneven:
        every = total * len(board.configuration.seeds)
        counted = ", ".join(f"{one.metric} {one.pairs} of {every}" for one in uneven)
        yield f"Marks and ranks compare methods on the generations that all of them have a value for: {counted}."


def _bounds(board: Board, view: View) -> Iterator[str]:
    if not view.calibrated:
        return
    for metric in board.configuration.metrics:
        found = calibration.scale(board, metric)
        if isinstance(found, NoScale):
            yield f"{metric.name} is not calibrated: {found.reason}."
        else:
            form = f".{metric.decimals}f"
            yield (
                f"{metric.name}: 0 is {found.floor_control} ({found.floor:{form}}), 1 is {found.ceiling_control} "
                f"({found.ceiling:{form}}) over all cases; the controls' means count as exact."
            )


def _untimed(board: Board, view: View) -> Iterator[str]:
    untimed = sorted(label for label, cost in board.costs.items() if cost.generate_seconds is None)
    if untimed and view.shows("cost"):
        yield f"No times of {', '.join(untimed)}: other workers used the same device meanwhile."


def _failure(failure: Failure, board: Board) -> str:
    every = len(failure.metrics) == len(board.configuration.metrics)
    metrics = "every metric" if every else ", ".join(failure.metrics)
    return (
        f"† {', '.join(failure.methods)}: {failure.status.replace('_', ' ')} on {_cases(failure.cases)}, "
        f"{metrics}: {failure.reason}"
    )


def _truncation(truncation: Truncation) -> str:
    return (
        f"{truncation.metric}: the encoder reads only the beginning of the prompts of {_cases(truncation.cases)}; "
        f"up to {truncation.tokens} tokens are not read"
    )


def _cases(names: Sequence[str]) -> str:
    listed = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return f"{len(names)} case" + ("s" if len(names) != 1 else "") + f" ({listed})"
