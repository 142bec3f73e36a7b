"""``motionbench study``: which of two videos do people prefer?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.study.against import Values
    from motionbench.study.findings import Findings
    from motionbench.study.records import Key, Question

app = typer.Typer(help="Blind preference studies: make one, collect its answers.", no_args_is_help=True)

MAKE_EPILOG = (
    "Examples:\n\n"
    "motionbench study make study --method fym,lora,ditflow --question motion,prompt --raters 12\n\n"
    "Give raters the folder study/for-raters and a number each; keep study/key.json. Then: "
    "motionbench study collect study answers/"
)
COLLECT_EPILOG = (
    "Examples:\n\n"
    "motionbench study collect study answers/*.json\n\n"
    "motionbench study collect study answers/ --against motion_fidelity\\[local],mf.dmt --format latex > study.tex"
)
_SHAPE = "Shape of the study"


class Asked(StrEnum):
    """What raters are asked."""

    motion = "motion"
    prompt = "prompt"
    quality = "quality"


class StudyFormat(StrEnum):
    """How the findings are printed."""

    human = "human"
    json = "json"
    md = "md"
    latex = "latex"


Out = Annotated[Path, typer.Argument(help="The study's folder: a new one.")]
Folder = Annotated[Path, typer.Argument(help="The folder that study make wrote, with its key.json.")]
Answers = Annotated[list[Path], typer.Argument(help="The raters' files, or folders of them.")]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "--methods",
        "-m",
        help="Methods by label; all but the controls unless told.",
        rich_help_panel=options.WHAT,
    ),
]
Plan = Annotated[
    str, typer.Option("--plan", help="The run with this id; the latest unless told.", rich_help_panel=options.WHAT)
]
Questions = Annotated[
    list[str] | None,
    typer.Option(
        "--question", help="motion, prompt or quality; several with commas are parts.", rich_help_panel=options.WHAT
    ),
]
Pairs = Annotated[
    int,
    typer.Option("--pairs", min=1, max=2000, help="Pairs of videos a question, at least.", rich_help_panel=_SHAPE),
]
Raters = Annotated[
    int, typer.Option("--raters", min=1, max=500, help="Numbers to give to raters.", rich_help_panel=_SHAPE)
]
Attention = Annotated[
    int,
    typer.Option("--attention", min=0, max=100, help="Items a rater whose answer is known.", rich_help_panel=_SHAPE),
]
Repeats = Annotated[
    int,
    typer.Option("--repeats", min=0, max=100, help="Pairs a rater sees again, sides swapped.", rich_help_panel=_SHAPE),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of orders and sides.", rich_help_panel=options.AGAIN)]
Size = Annotated[
    int,
    typer.Option(
        "--size", min=32, max=1024, help="Longer side of a frame at most, pixels.", rich_help_panel=options.OUTPUT
    ),
]
Private = Annotated[
    bool,
    typer.Option(
        "--private", help="Also clips that must not be passed on: for raters on your machine.", rich_help_panel=_SHAPE
    ),
]
Consent = Annotated[
    str, typer.Option("--consent", help="What raters agree to, in place of the built-in text.", rich_help_panel=_SHAPE)
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against", help="Metrics of the store to correlate with, several with commas.", rich_help_panel=options.WHAT
    ),
]
Form = Annotated[
    StudyFormat,
    typer.Option("--format", help="How the findings are printed on stdout.", rich_help_panel=options.OUTPUT),
]


@app.command("make", epilog=MAKE_EPILOG)
def make(
    folder: Out,
    method: Methods = None,
    plan: Plan = "",
    question: Questions = None,
    pairs: Pairs = 40,
    raters: Raters = 12,
    attention: Attention = 6,
    repeats: Repeats = 4,
    seed: Seed = 0,
    consent: Consent = "",
    size: Size = 320,
    private: Private = False,
    store: options.StoreFolder = options.DEFAULT_STORE,
) -> None:
    """Write a page for raters, offline and blind, and the key that tells whose videos they saw."""
    from motionbench import footage, provenance
    from motionbench.gallery.collection import collect as collection_of
    from motionbench.store import Store
    from motionbench.study import drawing, making

    asked = _questions(options.listed(question))
    opened = Store.open(store, create=False)
    configuration = opened.plan(plan)
    chosen = footage.methods_of(configuration, method or ())
    rows = provenance.rows_of(configuration, opened.rows())
    wishes = drawing.Wishes(
        asked, pairs, raters, attention, repeats, seed, size, private, consent.strip() or drawing.CONSENT
    )
    made = making.make(collection_of(configuration, rows, chosen), opened, folder, wishes)
    typer.echo(str(made.page))
    _tell(made.key, made.notes)


@app.command("collect", epilog=COLLECT_EPILOG)
def collect(
    folder: Folder,
    answers: Answers,
    against: Against = None,
    store: options.StoreFolder = options.DEFAULT_STORE,
    format: Form = StudyFormat.human,
) -> None:
    """Check the raters' files and print who won, how sure that is, and how far raters agree."""
    from motionbench.study import answers as reading
    from motionbench.study import findings, records

    findings.require()
    key = records.read(folder)
    sheets = reading.read(key, answers)
    _print(findings.find(key, sheets, _values(key, options.listed(against), store)), format)


def _questions(names: tuple[str, ...]) -> tuple[Question, ...]:
    from motionbench.spelling import suggest
    from motionbench.study.records import WORDING

    for name in names:
        if name not in WORDING:
            raise UsageError(f"there is no question {name!r}; {suggest(name, WORDING)}")
    return tuple(one for one in WORDING if one in names) or ("motion",)


def _tell(key: Key, notes: tuple[str, ...]) -> None:
    for note in notes:
        typer.echo(note, err=True)
    shown = key.raters[0]
    pairs = sum(one.role == "pair" for one in shown)
    others = ", ".join(
        f"{sum(one.role == role for one in shown)} {name}"
        for role, name in (("attention", "attention items"), ("repeat", "repeats"))
    )
    typer.echo(
        f"{len(shown)} screens a rater: {pairs} pairs of {len(key.methods)} methods, {others}. Give raters the page's "
        f"folder and a number from 1 to {len(key.raters)}; keep key.json to yourself.",
        err=True,
    )


def _values(key: Key, names: tuple[str, ...], folder: Path) -> tuple[Values, ...]:
    """The scores of the study's own videos."""
    if not names:
        return ()
    from motionbench import provenance, registry
    from motionbench.store import Store
    from motionbench.study import against

    full = {entry.alias: entry.name for entry in registry.entries("metrics")}
    opened = Store.open(folder, create=False)
    configuration = opened.plan(key.plan_id)
    rows = provenance.rows_of(configuration, opened.rows())
    return tuple(against.values(configuration, rows, full.get(name, name)) for name in names)


def _print(found: Findings, format: StudyFormat) -> None:
    from motionbench.study import printing

    if format is StudyFormat.json:
        typer.echo(printing.as_json(found), nl=False)
    elif format is StudyFormat.md:
        typer.echo(printing.as_markdown(found), nl=False)
    elif format is StudyFormat.latex:
        typer.echo(printing.as_latex(found), nl=False)
    else:
        printing.terminal(found)
