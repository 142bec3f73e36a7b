"""What a table in a file says of itself, so that ``table --check`` can make it again."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import dataclass

from motionbench.leaderboard.aggregate import Board
from motionbench.leaderboard.sheets import title
from motionbench.leaderboard.views import View, view_from

PREFIX = "motionbench-"
_LATEX = re.compile(rf"^% {PREFIX}(plan|options): (.*)$", re.MULTILINE)
_HTML = re.compile(rf'^<meta name="{PREFIX}(plan|options)" content="([^"]*)">$', re.MULTILINE)


@dataclass(frozen=True)
class Stamp:
    """What the header of a file asks for."""

    plans: tuple[str, ...]
    view: View


def fields(board: Board, view: View, form: str) -> tuple[tuple[str, str], ...]:
    """Plan, manifest, options and commands, each one line; a table is the same wherever its store lies."""
    one = board.configuration
    plans = tuple(word for plan in one.plan_id.split("+") for word in ("--plan", plan))
    words = ("motionbench", "table", *plans, "--format", form, *view.words())
    made = (
        ("table", title(board)),
        ("plan", one.plan_id),
        ("manifest", one.manifest_digest),
        ("run", one.command or "unknown"),
        ("options", shlex.join(view.words())),
        ("command", shlex.join(words)),
    )
    return tuple((name, " ".join(value.split())) for name, value in made)


def read(text: str) -> Stamp | None:
    """The stamp of a LaTeX or HTML table; None where a file has none, as Markdown, CSV and JSON."""
    found = dict(_LATEX.findall(text)) or {name: html.unescape(value) for name, value in _HTML.findall(text)}
    if "plan" not in found:
        return None
    return Stamp(tuple(found["plan"].split("+")), view_from(shlex.split(found.get("options", ""))))
