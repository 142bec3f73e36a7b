"""Findings as tables and notes, for people, papers and programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator

from motionbench.leaderboard import latex, tables
from motionbench.leaderboard.sheets import Cell, Line, Sheet, number
from motionbench.study.agreement import Rate
from motionbench.study.findings import Finding, Findings, Strength
from motionbench.study.records import WORDING

_WIDTH_OF_A_FILE = 160
_SCHEMA_VERSION = 1


def as_json(found: Findings) -> str:
    """One object, with the notes that tables carry."""
    data = {"schema_version": _SCHEMA_VERSION, **dataclasses.asdict(found), "notes": list(notes(found))}
    return json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def as_markdown(found: Findings) -> str:
    """Tables, then notes."""
    return tables.markdown_of(list(sheets(found)), list(notes(found)))


def as_latex(found: Findings) -> str:
    """Floats of booktabs for ``\\input``."""
    return latex.latex_of(
        [*_stamps(found)], [(f"study-{n}", s) for n, s in enumerate(sheets(found), 1)], [*notes(found)]
    )


def terminal(found: Findings) -> None:
    """Tables and notes on stdout."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    tables.terminal_of(list(sheets(found)), list(notes(found)), console)


def sheets(found: Findings) -> Iterator[Sheet]:
    """For each question the strengths and the wins, and one table of agreement."""
    for one in found.findings:
        yield _strengths(found, one)
        yield _wins(one)
    yield _agreement(found)
    if any(one.against for one in found.findings):
        yield _against(found)


def notes(found: Findings) -> Iterator[str]:
    """What a paper has to state."""
    dropped = [one for one in found.raters if not one.kept]
    told = "".join(f"; rater {one.rater} had {one.right} of {one.asked}" for one in dropped)
    asked = max((one.asked for one in found.raters), default=0)
    rule = f"those with fewer than {found.pass_share:.0%} of {asked} attention items right are left out{told}"
    yield (
        f"{found.kept} of {len(found.raters)} raters count: {rule if asked else 'there were no attention items'}. "
        f"Median time of a screen: {found.seconds:.1f} s. Plan {found.plan_id}, study {found.study[:12]}."
    )
    yield (
        "Strength: Bradley–Terry log-odds, mean 0; a tie is half a win each way; a tie a method is added, shared over "
        "those that it met. Intervals: 95 %, bootstrap over raters and clips together."
    )
    yield (
        "α: Krippendorff's, nominal (one method, the other, tie), every pair in both orders. Left and repeats: exact "
        "binomial intervals, which take votes as independent. Repeats and attention items are in no count of wins."
    )
    for one in found.findings:
        if one.no_interval:
            yield f"{one.question}: no intervals, as there are {one.no_interval}."
        if one.no_alpha:
            yield f"{one.question}: no α, as {one.no_alpha}."
        yield from (f"{one.question}: {s.method.label} has no strength: {s.reason}." for s in one.strengths if s.reason)
        yield from (f"{one.question}: no τ with {c.metric}, as {c.reason}." for c in one.against if c.reason)


def _strengths(found: Findings, one: Finding) -> Sheet:
    title = f"{WORDING[one.question]} {found.kept} raters, {one.votes} votes ({one.ties} ties)"
    lines = [
        Line(s.method.label, s.method.control, (_strength(s), Cell(_share(s)), Cell(f"{s.votes}")))
        for s in one.strengths
    ]
    return Sheet(title, ("method", "strength", "preferred", "votes"), tuple(lines))


def _strength(one: Strength) -> Cell:
    if one.value is None:
        return Cell("—")
    interval = "" if one.low is None or one.high is None else f"[{number(one.low, '+.2f')}, {number(one.high, '+.2f')}]"
    return Cell(number(one.value, "+.2f"), interval=interval)


def _share(one: Strength) -> str:
    return f"{one.wins / one.votes:.0%}" if one.votes else "—"


def _wins(one: Finding) -> Sheet:
    """Wins of the row over the column of how many votes."""
    lines = []
    for i, s in enumerate(one.strengths):
        counts = [(one.wins[i][j], one.wins[i][j] + one.wins[j][i]) for j in range(len(one.strengths))]
        cells = tuple(Cell(f"{won:g}/{of:g}" if of else "—") for won, of in counts)
        lines.append(Line(s.method.label, s.method.control, cells))
    header = ("row over column", *(s.method.label for s in one.strengths))
    return Sheet(f"{one.question}: wins of the row over the column / votes", header, tuple(lines))


def _agreement(found: Findings) -> Sheet:
    lines = [
        Line(
            one.question,
            False,
            (
                Cell("—" if one.alpha is None else number(one.alpha, ".2f")),
                Cell("–".join(dict.fromkeys(map(str, one.raters_a_pair)))),
                _rate(one.left),
                _rate(one.repeated),
                Cell(f"{one.skips}"),
            ),
        )
        for one in found.findings
    ]
    header = ("question", "α", "raters a pair", "left preferred", "same answer again", "skips")
    return Sheet("agreement of raters", header, tuple(lines))


def _rate(one: Rate | None) -> Cell:
    if one is None:
        return Cell("—")
    return Cell(f"{one.share:.0%} of {one.of}", interval=f"[{one.low:.0%}, {one.high:.0%}]")


def _against(found: Findings) -> Sheet:
    lines = []
    for one in found.findings:
        for c in one.against:
            interval = "" if c.low is None or c.high is None else f"[{number(c.low, '+.2f')}, {number(c.high, '+.2f')}]"
            tau = Cell("—" if c.tau is None else number(c.tau, "+.2f"), interval=interval)
            sided = Cell(f"{c.with_votes / c.of_votes:.0%} of {c.of_votes}" if c.of_votes else "—")
            lines.append(
                Line(f"{one.question} × {c.metric}", False, (tau, Cell(f"{c.methods}"), Cell(f"{c.clips}"), sided))
            )
    header = ("question × metric", "Kendall's τ-b of methods", "methods", "clips", "metric sides with the vote")
    return Sheet("metrics against people", header, tuple(lines))


def _stamps(found: Findings) -> Iterator[tuple[str, str]]:
    yield "study", found.study
    yield "plan", found.plan_id
    yield "command", "motionbench study collect FOLDER ANSWERS --format latex"
