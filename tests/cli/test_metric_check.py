"""``motionbench metric info`` and ``check`` as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from motionbench.cli import metrics
from motionbench.errors import MissingResourceError, UsageError
from motionbench.metrics.selfcheck import check, plot
from motionbench.metrics.selfcheck.records import Cell, Curve, Misorder, SelfCheck, Verdict
from motionbench.store import Store

Shell = Callable[..., "subprocess.CompletedProcess[str]"]
CHECK = ("check", "--clips", "1")


@pytest.fixture
def shell(tmp_path: Path, fakes: Any) -> Shell:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "motionbench.cli", "metric", *words],
            cwd=tmp_path,
            env=fakes.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_info_prints_the_spec_and_an_example_of_the_signature(shell: Shell) -> None:
    done = shell("info", "mf.local")
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert lines["range"] == "-1 to 1 agreement, higher is better"
    assert lines["version"] == "1, headline"
    assert lines["needs"] == "tracks"
    assert lines["signature"].startswith("mf|var:local|trk:lk@1|grid:16|T:17|fps:8|64x64|")


def test_info_of_an_unknown_metric_has_a_near_name(shell: Shell) -> None:
    done = shell("info", "mf.locl")
    assert done.returncode == 2
    assert "did you mean 'mf.local'?" in done.stderr


def test_check_prints_the_matrix_and_the_verdicts(shell: Shell, tmp_path: Path) -> None:
    done = shell(*CHECK, "--metric", "mf.local,mf.dmt")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0][:4] == ["metric", "oracle", "half speed", "slow motion"]
    verdicts = {line[0]: line[1:4] for line in lines if len(line) == 5}
    assert verdicts["motion_fidelity[local]"] == ["headline", "admitted", "1/1"]
    assert verdicts["motion_fidelity[dmt]"] == ["comparability", "not admitted", "0/1"]
    assert "clips of known motion 1/1" in done.stderr
    assert "Not stored: only a check of every metric is" in done.stderr
    assert not (tmp_path / "motionbench-store").exists()


def found(status: str) -> SelfCheck:
    """A whole check in which one metric breaks the order on twelve clips."""
    broken = tuple(Misorder(f"clip-{place}", "spin", "half-speed 0.1, frozen 0.2") for place in range(12))
    verdict = Verdict("score", "1", status, "score|v1", True, False, 12, 24, ("frozen",), broken)
    cells = (Cell("score", "oracle", 0.5, 22, 0, (), ("boom",)), Cell("score", "swapped", None, 0, 24, ()))
    return SelfCheck("0", "mini-v1", "exact", "", "a > b", 0.95, (), (verdict,), cells, (), complete=True)


@pytest.mark.parametrize(("status", "code"), [("headline", 4), ("comparability", 0)])
def test_only_a_headline_that_is_not_admitted_exits_4(
    status: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "check", lambda *_, **__: found(status))
    done = CliRunner().invoke(metrics.app, ["check", "--store", str(tmp_path / "store")])
    assert done.exit_code == code
    assert "not admitted\t12/24\tfrozen" in done.stdout
    assert ("score is a headline and is not admitted:\n  clip-0: half-speed 0.1, frozen 0.2" in done.stderr) == (
        code == 4
    )
    assert ("and 4 more clips: --format json" in done.stderr) == (code == 4)
    [rejection] = Store.open(tmp_path / "store").rejections()
    assert rejection.metric == "score"


def test_json_is_the_whole_record(shell: Shell) -> None:
    done = shell(*CHECK, "--metric", "mf.local", "--format", "json")
    data = json.loads(done.stdout)
    assert data["rule"] == "oracle > half-speed > each of other-clip, frozen, shuffled"
    assert data["complete"] is False
    assert {curve["damage"] for curve in data["curves"]} == {"noise", "delay", "amplitude", "frozen"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--metric", "mf.locl"), 2, "did you mean 'mf.local'?"),
        (("--tracker", "dis-flw"), 2, "did you mean 'dis-flow'?"),
        (("--plot", "curves.txt"), 2, "--plot takes a file that ends in .png or .pdf, got curves.txt"),
        (("--clips", "0"), 2, "--clips"),
    ],
)
def test_bad_input_is_refused_before_any_work(shell: Shell, words: tuple[str, ...], code: int, message: str) -> None:
    done = shell("check", *words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "known motion" not in done.stderr.replace("Clips of known motion", "")


def test_without_matplotlib_the_line_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'motionbench-transfer\[plot\]'") as caught:
        plot.require(Path("curves.png"))
    assert caught.value.exit_code == 6
    with pytest.raises(UsageError, match="got curves"):
        plot.require(Path("curves"))


def test_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    curve = Curve("mf", "noise", "pixels", (0.0, 1.0, 2.0), (1.0, 0.5, None), (2, 2, 0))
    found = SelfCheck("0", "mini-v1", "exact", "", "a > b", 0.95, (), (), (), (curve,), complete=True)
    for suffix in plot.SUFFIXES:
        path = tmp_path / f"curves{suffix}"
        plot.draw(found, path)
        assert path.stat().st_size > 1000
