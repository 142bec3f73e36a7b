"""A comparison for programs and for a comment on a pull request; the terminal's is in the command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from motionbench.leaderboard.compare import VERDICTS, Change, Comparison
from motionbench.store import SCHEMA_VERSION

HEADER = ("verdict", "method", "metric", "base", "head", "difference", "threshold")
_ARROWS = {"higher": " ↑", "lower": " ↓", "none": ""}
_SHOWN = 3


def as_json(found: Comparison, exit_code: int) -> str:
    """One object: verdict, exit code, every change with its interval, notes."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "verdict": found.verdict,
        "exit_code": exit_code,
        **dataclasses.asdict(found),
    }
    return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def as_markdown(found: Comparison) -> str:
    """A headline, a table of what fails or improves, the rest folded away, notes."""
    told = [change for change in found.changes if change.verdict in VERDICTS[:3]]
    quiet = [change for change in found.changes if change.verdict not in VERDICTS[:3]]
    parts = [f"**{_escaped(headline(found))}**"]
    if told:
        parts.append(_table(told))
    if quiet:
        parts.append(f"<details><summary>{len(quiet)} more</summary>\n\n{_table(quiet)}\n\n</details>")
    parts.append("\n".join(f"- {_escaped(note)}" for note in notes(found)))
    return "\n\n".join(parts) + "\n"


def headline(found: Comparison) -> str:
    """The outcome in a line: ``2 regressions, 1 improvement: head.json against base.json, suite mini``."""
    counts = [(len(found.of(verdict)), verdict) for verdict in VERDICTS[:3]]
    words = [
        f"{count} {verdict}{'s' if count > 1 and verdict != 'inconclusive' else ''}"
        for count, verdict in counts
        if count
    ]
    outcome = ", ".join(words) or ("no regression" if found.verdict == "steady" else "nothing to compare")
    return f"{outcome}: {found.head} against {found.base}, suite {found.suite}"


def notes(found: Comparison) -> Iterator[str]:
    """How to read the table, why something is inconclusive, what was left out."""
    yield "head − base with its 95 % interval over reference videos; a regression excludes 0 and exceeds the threshold."
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for change in found.of("inconclusive"):
        groups.setdefault((change.reason, change.missing), []).append(f"{change.method} {change.metric}")
    for (reason, missing), scores in groups.items():
        yield f"{_few(scores)}: {reason}" + (f" ({_few(missing)})" if missing else "")
    yield from found.notes


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def cells(change: Change) -> tuple[str, ...]:
    """A row under ``HEADER``."""
    form = f".{change.decimals}f"
    values = [("—" if value is None else f"{value:{form}}") for value in (change.base, change.head)]
    threshold = "—" if change.threshold is None else f"{change.threshold:.{change.decimals}g}"
    metric = change.metric + _ARROWS[change.better]
    return change.verdict, change.method, metric, *values, _difference(change, form), threshold


def _difference(change: Change, form: str) -> str:
    found = change.difference
    if found is None:
        return "—"
    interval = "" if found.low is None or found.high is None else f" [{found.low:+{form}}, {found.high:+{form}}]"
    return f"{found.mean:+{form}}{interval}"


def _table(changes: Sequence[Change]) -> str:
    lines = [f"| {' | '.join(HEADER)} |", "|---|---|---|---:|---:|---:|---:|"]
    lines += [f"| {' | '.join(map(_escaped, cells(change)))} |" for change in changes]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    for character in "\\|*_<`@":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")
