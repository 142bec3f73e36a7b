"""``--config`` and ``--show-config``: what goes before what, what is refused, and that nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from motionbench.cli import app
from motionbench.cli.asking import Asked
from motionbench.errors import UsageError

RUNNER = CliRunner()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.yaml"


def shown(*words: str) -> dict[str, tuple[Any, str]]:
    """Value and source of each option, as ``--show-config`` prints them."""
    done = RUNNER.invoke(app, [*words, "--show-config"])
    assert done.exit_code == 0, done.output + str(done.exception)
    values = yaml.safe_load(done.stdout)
    sources = {line.partition(":")[0]: line.rpartition("  # ")[2] for line in done.stdout.splitlines()}
    return {name: (values[name], sources[name]) for name in values}


def refused(*words: str) -> str:
    done = RUNNER.invoke(app, list(words))
    assert isinstance(done.exception, UsageError), done.output + str(done.exception)
    return str(done.exception)


def test_a_flag_goes_before_a_variable_before_the_file_before_the_default(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("tracker: dis-flow\nbackbone: theirs\n\nencoder: vit-b-32\n")
    monkeypatch.setenv("MOTIONBENCH_TRACKER", "cotracker3")
    monkeypatch.setenv("MOTIONBENCH_BACKBONE", "ours")
    found = shown("eval", "--config", str(file), "--tracker", "lk")
    assert found["tracker"] == ("lk", "--tracker")
    assert found["backbone"] == ("ours", "MOTIONBENCH_BACKBONE")
    assert found["encoder"] == (["vit-b-32"], "run.yaml:4")
    assert found["tune-seed"] == (0, "default")
    assert found["suite"] == (None, "default: mini")


def test_the_file_itself_may_come_from_a_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("quick: true\n")
    monkeypatch.setenv("MOTIONBENCH_CONFIG", str(file))
    assert shown("eval")["quick"] == (True, "run.yaml:1")


def test_lists_mappings_numbers_and_switches_are_what_the_flags_take(file: Path) -> None:
    file.write_text(
        "method: [fym, 'sdedit:low']\nseeds: [0, 1]\nset: {fym.rank: 16, fym.loud: false}\n"
        "seed: 4\nfail-on-error: 0.05\nno-controls: true\ndtype: bfloat16\nforce: track\ntracker:\n"
    )
    found = {name: value for name, (value, _) in shown("eval", "--config", str(file)).items()}
    assert found["method"] == ["fym", "sdedit:low"]
    assert found["seeds"] == "0,1"
    assert found["set"] == ["fym.rank=16", "fym.loud=false"]
    assert (found["seed"], found["fail-on-error"], found["no-controls"]) == ([4], "0.05", True)
    assert (found["dtype"], found["force"], found["tracker"]) == ("bfloat16", "track", "")


@pytest.mark.parametrize("command", ["eval", "plan"])
def test_what_is_shown_is_a_file_that_says_the_same(file: Path, command: str) -> None:
    words = ("--method", "fym,lora", "--set", "fym.rank=8", "--seeds", "0,1", "--device", "cpu", "--deterministic")
    first = RUNNER.invoke(app, [command, *words, "--show-config"])
    file.write_text(first.stdout)
    again = shown(command, "--config", str(file))
    assert {name: value for name, (value, _) in again.items()} == yaml.safe_load(first.stdout)
    assert again["method"] == (["fym,lora"], "run.yaml:1")


def test_every_fault_of_a_file_is_told_with_its_line(file: Path) -> None:
    file.write_text("metod: fym\n\nquick: 3\ndtype: float64\ntune-seed: x\ndata: [{a: b}]\nconfig: other.yaml\n")
    faults = refused("eval", "--config", str(file)).splitlines()
    starts = (
        "run.yaml:1: metod: there is no such option; did you mean 'method'?",
        "run.yaml:3: quick: expected true or false, got 3",
        "run.yaml:4: dtype: 'float64' is not one of",
        "run.yaml:5: tune-seed: ",
        "run.yaml:6: data: expected a value or a list of values, got [{'a': 'b'}]",
        "run.yaml:7: config: there is no such option",
    )
    assert len(faults) == len(starts)
    assert [fault[: len(start)] for fault, start in zip(faults, starts, strict=True)] == list(starts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- fym\n", "run.yaml:1: expected options and values, such as method: fym"),
        ("suite: a\nsuite: b\n", "run.yaml:2: suite: this key stands here twice"),
        ("suite: [a\n", "broken YAML"),
    ],
)
def test_what_is_no_mapping_is_refused(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    assert message in refused("eval", "--config", str(file))


def test_an_empty_file_says_nothing_and_an_absent_one_is_a_usage_error(file: Path) -> None:
    file.write_text("\n  # suite: core\n")
    assert shown("eval", "--config", str(file))["backbone"] == ("mini-wan", "default")
    assert RUNNER.invoke(app, ["eval", "--config", str(file.with_name("none.yaml"))]).exit_code == 2


def test_a_plan_passes_over_how_a_table_is_printed(file: Path) -> None:
    file.write_text("format: md\nquick: true\n")
    assert shown("plan", "--config", str(file))["format"] == ("human", "default")
    assert shown("eval", "--config", str(file))["format"] == ("md", "run.yaml:1")


def test_score_takes_a_file_too(file: Path, tmp_path: Path) -> None:
    file.write_text(f"videos: {tmp_path}\nmethod: theirs\nresample: true\n")
    found = shown("score", "--config", str(file))
    assert found["method"] == ("theirs", "run.yaml:2")
    assert found["resample"] == (True, "run.yaml:3")


def test_nothing_is_run_or_made_by_showing(tmp_path: Path) -> None:
    shown("eval", "--method", "no-such-method", "--store", str(tmp_path / "store"))
    assert list(tmp_path.iterdir()) == []


def test_options_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(UsageError, match="--suite and --data exclude each other"):
        Asked(suite="mini", data=Path(".")).question()
    with pytest.raises(UsageError, match="--device takes cuda"):
        Asked(device="gpu").placement()
