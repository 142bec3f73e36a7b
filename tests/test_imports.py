"""Which way imports point, and how little the light modules load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import motionbench

ROOT = Path(motionbench.__file__).parent
CORE = {"types", "specs", "errors", "contracts"}
RUNNING = {"fitting", "options", "sources", "request", "plan", "run", "stages"}
RUNNING |= {"retrace", "receipt", "footage"}
RUNNING |= {"scoring", "workshop", "provenance", "memory", "cli", "conformance", "scaffold", "precomputed", "isolation"}
RUNNING |= {"pending", "placement", "forecast", "doctor", "gallery", "study", "submission"}
RUNNING |= {"ahead", "capturing", "display", "engine", "executors", "failures"}
EXTRACTORS = {"trackers", "encoders"}
FORBIDDEN: dict[str, set[str]] = {
    **{name: {"*"} for name in CORE},
    "weights": {"*"},
    "drawing": {"*"},
    "registry": {"data", "mini", "backbones", "methods", "metrics", "store", "leaderboard", *EXTRACTORS, *RUNNING},
    "mini": {"methods", "metrics", "store", "leaderboard", *RUNNING},
    "data": {"methods", "metrics", "store", "leaderboard", *RUNNING},
    "backbones": {"methods", "metrics", "data", "store", "leaderboard", *EXTRACTORS, *RUNNING},
    "trackers": {"methods", "metrics", "store", "leaderboard", *RUNNING},
    "encoders": {"methods", "metrics", "store", "leaderboard", *RUNNING},
    "methods": {"metrics", "store", "leaderboard", *EXTRACTORS, *RUNNING},
    "metrics": {"methods", "backbones", "store", "leaderboard", *RUNNING},
    "store": {"registry", "data", "mini", "backbones", "methods", "metrics", "leaderboard", *EXTRACTORS, *RUNNING},
    "leaderboard": {"registry", "data", "mini", "backbones", "methods", "metrics", *EXTRACTORS, *RUNNING},
}
HEAVY = ("torch", "pandas", "numpy", "cv2", "av", "diffusers", "transformers", "yaml", "scipy")
"""Not pydantic: typer itself loads it to read options where it is installed."""
ENGINE = {*CORE, "registry", "store", "leaderboard", *RUNNING}


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).parts[0].removesuffix(".py"), path


def ours(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(path))
    return {name[1] for name in names if name[0] == "motionbench" and len(name) > 1}


@pytest.mark.parametrize("part", sorted(FORBIDDEN))
def test_imports_point_one_way(part: str) -> None:
    for owner, path in parts():
        if owner == part:
            wrong = ours(path) - CORE if "*" in FORBIDDEN[part] else ours(path) & FORBIDDEN[part]
            assert not wrong - {part}, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_the_engine_imports_no_torch() -> None:
    for owner, path in parts():
        if owner in ENGINE:
            assert "torch" not in {name.split(".")[0] for name in imported(path)}, path


def loaded(*words: str) -> set[str]:
    """Heavy modules that a command loads."""
    script = (
        "import sys, runpy, atexit\n"
        f"atexit.register(lambda: print('loaded:', *[n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['motionbench', *{list(words[1:])!r}]\n"
        f"{words[0]}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    [line] = [line for line in done.stderr.splitlines() if line.startswith("loaded:")]
    return set(line.split()[1:])


@pytest.mark.parametrize(
    "words",
    [
        ("import motionbench",),
        ("import motionbench.registry, motionbench.specs, motionbench.errors",),
        ("from motionbench.cli import main; main()", "--help"),
        ("from motionbench.cli import main; main()", "eval", "--help"),
        ("from motionbench.cli import main; main()", "--version"),
    ],
)
def test_the_light_doors_load_nothing_heavy(words: tuple[str, ...]) -> None:
    assert loaded(*words) == set()


def test_running_a_plan_needs_no_torch_and_no_pandas_by_itself() -> None:
    assert not loaded("import motionbench.run, motionbench.leaderboard.tables") & {"torch", "pandas", "scipy"}
