"""LaTeX: it compiles where TeX is installed, is balanced everywhere, and prints ids and prompts as they are."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionbench.leaderboard import stamps
from motionbench.leaderboard.aggregate import Board, board
from motionbench.leaderboard.latex import escaped, latex
from motionbench.leaderboard.sheets import Quotation
from motionbench.leaderboard.views import View
from motionbench.store import Configuration, Row

NASTY = r"[50%_of #1 & {co}\input{x}] ^~$x$ <b>|`q`--- ''é 中"
DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\begin{document}%s\end{document}"


@pytest.fixture
def made(configuration: Configuration, rows: list[Row]) -> Board:
    return board(configuration, rows)


@pytest.fixture
def renamed(configuration: Configuration, rows: list[Row]) -> Callable[[str], Board]:
    """The board with another label in place of fym's."""

    def make(label: str) -> Board:
        methods = tuple(dataclasses.replace(m, label=label) if m.label == "fym" else m for m in configuration.methods)
        changed = [dataclasses.replace(r, method=label) if r.method == "fym" else r for r in rows]
        return board(dataclasses.replace(configuration, methods=methods, command=f"motionbench eval {label}"), changed)

    return make


def balanced(text: str) -> bool:
    """Whether braces pair up and environments close in the order in which they opened; comments count for nothing."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    plain = re.sub(r"\\[\\{}$&#%_]", "", body.replace(r"\\", ""))
    depth, stack = 0, []
    for one in plain:
        depth += (one == "{") - (one == "}")
        if depth < 0:
            return False
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        if kind == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return depth == 0 and not stack and plain.count("$") % 2 == 0


def cells(text: str) -> set[int]:
    """By how many cells the rows of each table miss its columns."""
    found = set()
    for columns, body in re.findall(r"\\begin\{tabular\}\{(l[lr]*)\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        widths = {len(re.findall(r"(?<!\\)&", line)) + 1 for line in body.splitlines() if line.endswith(r"\\")}
        found |= {width - len(columns) for width in widths}
    return found


def test_a_float_a_table_with_booktabs_alone_and_the_best_marked(made: Board) -> None:
    text = latex(made)
    assert balanced(text)
    assert cells(text) == {0}
    counts = Counter(re.findall(r"\\(toprule|bottomrule|begin\{table\})", text))
    assert len(set(counts.values())) == 1
    assert re.findall(r"\\usepackage\{(\w+)\}", text) == ["booktabs"]
    assert r"mf $\uparrow$ & error $\downarrow$" in text
    assert r"{fym} & \best{0.640} {\scriptsize [0." in text
    assert r"{aaa} & \second{0.340}" in text
    assert r"\textit{backbone}" in text
    assert text.index("{aaa} &") < text.index(r"\midrule", text.index("{aaa} &")) < text.index(r"\textit{oracle}")
    assert r"$-$0.50 {\scriptsize [$-$0.50, $-$0.50]}" in text


def test_the_header_names_plan_manifest_and_commands(made: Board) -> None:
    lines = latex(made, View(half_width=True, metrics=("mf", "error"))).splitlines()
    assert "% motionbench-plan: p1" in lines
    assert "% motionbench-manifest: m" in lines
    assert "% motionbench-options: --metric mf --metric error --half-width" in lines
    expected = (
        "% motionbench-command: motionbench table --plan p1 --format latex --metric mf --metric error --half-width"
    )
    assert expected in lines


def test_the_stamp_is_read_back(made: Board) -> None:
    view = View(by="seed", calibrated=True, quoted=True, parts=("overall", "cost"))
    assert stamps.read(latex(made, view)) == stamps.Stamp(("p1",), view)
    assert stamps.read("| method | mf |") is None


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_escaped_into_one_balanced_line(text: str) -> None:
    found = escaped(text)
    assert balanced(found)
    assert "\n" not in found
    assert not re.search(r"(?<!\\)[&%#_]", found)
    assert bool(found) == bool(text.split())


def test_each_special_character_is_printed_as_itself() -> None:
    assert escaped("a_b & 50% #1 {x}") == r"a\_b \& 50\% \#1 \{x\}"
    assert escaped("\\input") == r"\textbackslash{}input"
    assert escaped("a--b") == "a-{}-b"
    assert escaped("Zoë") == "Zoë"
    assert escaped("中") == "[U+4E2D]"
    assert escaped("two\nlines") == "two lines"


def test_labels_that_look_like_commands_stay_text(renamed: Callable[[str], Board]) -> None:
    text = latex(renamed(NASTY))
    assert balanced(text)
    assert cells(text) == {0}
    assert r"\input{" not in "\n".join(line for line in text.splitlines() if not line.startswith("%"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX is installed")
@pytest.mark.parametrize("view", [View(), View(by="prompt", half_width=True, calibrated=True)])
def test_it_compiles_with_nothing_but_booktabs(renamed: Callable[[str], Board], view: View, tmp_path: Path) -> None:
    text = latex(renamed(NASTY), view, [Quotation(NASTY, "mf_x", 0.5, "50 % of it", "arXiv & co")])
    (tmp_path / "paper.tex").write_text(DOCUMENT % ("\n" + text), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 0
    assert "Missing character" not in done.stdout
