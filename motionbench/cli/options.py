"""The options, each defined once and shared by the commands; every one is also a ``MOTIONBENCH_*`` variable."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

WHAT = "What to run"
WHERE = "Where to run"
AGAIN = "Reproducibility"
FAILING = "Failure policy"
OUTPUT = "Output"
WORKERS = "Workers"

DEFAULT_STORE = Path("motionbench-store")
CONFIG, SHOW_CONFIG = "--config", "--show-config"


class Format(StrEnum):
    """How a table is printed."""

    human = "human"
    json = "json"
    csv = "csv"
    md = "md"
    latex = "latex"
    html = "html"


class By(StrEnum):
    """What tables of groups are by."""

    category = "category"
    seed = "seed"
    prompt = "prompt"


class Part(StrEnum):
    """Tables of a board."""

    overall = "overall"
    differences = "differences"
    ranks = "ranks"
    groups = "groups"
    cost = "cost"


class Stage(StrEnum):
    """Stages that can be done again."""

    tune = "tune"
    generate = "generate"
    track = "track"
    score = "score"


class Executor(StrEnum):
    """What runs workers."""

    local = "local"
    ray = "ray"
    slurm = "slurm"


class Dtype(StrEnum):
    """What a backbone computes in."""

    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


class Quantised(StrEnum):
    """What the weights of a backbone's blocks are rounded to."""

    int8 = "int8"
    float8 = "float8"


class Memory(StrEnum):
    """What of a backbone is on the device."""

    full = "full"
    offload = "offload"
    stream = "stream"
    spread = "spread"


def _read_settings(context: typer.Context, file: Path | None) -> Path | None:
    from motionbench.cli import settings

    return settings.read(context, file)


def _option(flag: str, panel: str, text: str, *more: str, **keywords: Any) -> Any:
    variable = "MOTIONBENCH_" + flag.removeprefix("--").replace("-", "_").upper()
    return typer.Option(flag, *more, help=text, rich_help_panel=panel, envvar=variable, **keywords)


Methods = Annotated[
    list[str] | None,
    _option(
        "--method",
        WHAT,
        "A method, or several with commas; may be given again. NAME:PRESET or NAME:OPTION=VALUE for a row of its own.",
        "-m",
    ),
]
Suite = Annotated[str | None, _option("--suite", WHAT, "The suite of cases; mini unless told otherwise.", "-s")]
Data = Annotated[
    Path | None,
    _option("--data", WHAT, "A folder of your own videos with a prompts.csv, instead of a suite.", file_okay=False),
]
Metrics = Annotated[list[str] | None, _option("--metric", WHAT, "A metric, or several with commas; all unless told.")]
Quick = Annotated[bool, _option("--quick", WHAT, "Only a few references of each suite.")]
NoControls = Annotated[bool, _option("--no-controls", WHAT, "Leave the controls out.")]
Preset = Annotated[str | None, _option("--preset", WHAT, "A preset of the methods named.")]
Assignments = Annotated[
    list[str] | None,
    _option("--set", WHAT, "An option of a method, as METHOD.OPTION=VALUE; may be given again."),
]
Backbone = Annotated[
    str,
    _option(
        "--backbone", WHERE, "The text-to-video model under the methods: a name, local-dir:FOLDER or tiny-random:NAME."
    ),
]
DtypeOfBackbone = Annotated[
    Dtype | None, _option("--dtype", WHERE, "What the backbone computes in; its own unless told.", show_default=False)
]
QuantisedTo = Annotated[
    Quantised | None,
    _option("--quantise", WHERE, "Round the weights of the backbone's blocks; other numbers.", show_default=False),
]
Tiled = Annotated[bool, _option("--tiled", WHERE, "Encode and decode in tiles: less memory, slightly other numbers.")]
MemoryOfBackbone = Annotated[
    Memory,
    _option(
        "--memory",
        WHERE,
        "On the device: all of it, the part at work, block after block, or all over several; the same numbers.",
    ),
]
Device = Annotated[
    str,
    _option(
        "--device", WHERE, "cuda, cuda:N, mps or cpu; the first GPU if there is one, else cpu.", show_default=False
    ),
]
Encoders = Annotated[
    list[str] | None,
    _option(
        "--encoder",
        WHERE,
        "The image-text model under the metrics: mini-clip on mini-wan, else vit-b-32; further ones get own columns.",
    ),
]
Tracker = Annotated[str, _option("--tracker", WHERE, "Another point tracker than the protocol's.", show_default=False)]
StoreFolder = Annotated[Path, _option("--store", WHERE, "The folder that keeps everything.")]
Seed = Annotated[list[int] | None, _option("--seed", AGAIN, "A seed of generations; may be given again.")]
Seeds = Annotated[str | None, _option("--seeds", AGAIN, "Several seeds with commas: 0,1,2.")]
TuneSeed = Annotated[int, _option("--tune-seed", AGAIN, "The seed of tuning.")]
Deterministic = Annotated[
    bool, _option("--deterministic", AGAIN, "Let torch use only algorithms that repeat to the bit; slower.")
]
Force = Annotated[Stage | None, _option("--force", AGAIN, "Do this stage and those after it again.")]
OnlyCache = Annotated[bool, _option("--only-cache", AGAIN, "Run nothing; show what the store has.")]
Shard = Annotated[
    str,
    _option("--shard", AGAIN, "Only part i of n, as 1/4; each part in a store of its own, then: store merge."),
]
FailOnError = Annotated[
    str,
    _option("--fail-on-error", FAILING, "Exit 3 above this number (2) or share (0.05) of failed generations."),
]
RetryFailed = Annotated[
    str,
    _option(
        "--retry-failed",
        FAILING,
        "Of what failed in earlier runs try only this class again, or several with commas: transient, deterministic, "
        "out-of-memory, timeout, invalid-output; all unless told.",
        show_default=False,
    ),
]
Timeouts = Annotated[
    list[str] | None,
    _option("--timeout", FAILING, "Seconds that an item may take, as 600 or generate=600; may be given again."),
]
ExecutorName = Annotated[Executor, _option("--executor", WORKERS, "What runs workers (docs/scaling.md).")]
Workers = Annotated[
    int, _option("--workers", WORKERS, "How many; one, in this process, unless told.", min=0, show_default=False)
]
Gpus = Annotated[
    str,
    _option(
        "--gpus",
        WORKERS,
        "local: one worker on each of these, all or 0,2. ray, slurm: how many each worker gets.",
        show_default=False,
    ),
]
With = Annotated[
    list[str] | None,
    _option("--with", WORKERS, "A setting of ray or slurm, such as partition=gpu; may be given again."),
]
Events = Annotated[
    Path | None, _option("--events", OUTPUT, "Append what happens to this file, a JSON object a line.", dir_okay=False)
]
TableFormat = Annotated[Format, _option("--format", OUTPUT, "How the table is printed on stdout.")]
Config = Annotated[
    Path | None,
    _option(
        CONFIG,
        WHAT,
        "A YAML file of these options by their names; flags and variables go before it.",
        exists=True,
        dir_okay=False,
        is_eager=True,
        callback=_read_settings,
    ),
]
ShowConfig = Annotated[
    bool,
    typer.Option(
        SHOW_CONFIG, help="Print what would be used and where each value is from; run nothing.", rich_help_panel=OUTPUT
    ),
]

Version = Annotated[bool, typer.Option("--version", help="Print the version and exit.")]


def listed(values: list[str] | None) -> tuple[str, ...]:
    """Values given again and values with commas are the same."""
    return tuple(part.strip() for value in values or [] for part in value.split(",") if part.strip())
