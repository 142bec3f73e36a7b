"""``motionbench method list``, ``info``, ``test`` and ``new`` as a user meets them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from motionbench.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


Shell = Callable[..., Done]


@pytest.fixture
def shell(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["motionbench", "method", *words])
        with pytest.raises(SystemExit) as end:
            main()
        written = capsys.readouterr()
        return Done(int(end.value.code or 0), written.out, written.err)

    return run


def test_list_as_json_has_every_spec_and_what_is_broken(shell: Shell) -> None:
    data = json.loads(shell("list", "--format", "json").stdout)
    assert data["schema_version"] == 1
    methods = {method["name"]: method for method in data["methods"]}
    fym = methods["fym"]
    assert (fym["tuned"], fym["backbones"], fym["licence"]) == (True, ["wan", "cogvideox"], "Apache-2.0")
    assert fym["inputs"] == ["reference", "reference_prompt", "prompt"]
    assert fym["paper_results"][0]["source"] == "arXiv 2506.05207, second-hand"
    assert set(fym["presets"]) == {"paper", "release", "mini"}
    assert fym["broken"] is None
    assert methods["fake-broken"]["broken"] == "OSError: libfake.so is missing"
    assert methods["fake-roll"]["distribution"] == "motionbench-fakes"


def test_info_says_how_a_method_acts_and_whose_numbers_are_quoted(shell: Shell) -> None:
    text = shell("info", "fym").stdout
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in text.splitlines()[1:]}
    assert lines["kind"] == "tuned"
    assert lines["sees"] == "reference, reference_prompt, prompt"
    assert lines["from"] == "motionbench-transfer"
    assert lines["reported"].endswith("theirs")
    assert "kind       training-free\n" in shell("info", "fake-roll").stdout
    assert json.loads(shell("info", "fym", "--format", "json").stdout)["method"]["name"] == "fym"


def test_the_report_is_json_and_the_badge_a_file(shell: Shell, tmp_path: Path) -> None:
    done = shell("test", "fake-still", "--suite", "fake", "--badge", "badge.json", "--format", "json")
    report = json.loads(done.stdout)
    failed = [check["rule"] for check in report["checks"] if check["outcome"] == "fail"]
    assert done.returncode == 7
    assert failed == ["spec is valid"]
    assert (report["method"], report["version"], report["passed"]) == ("fake-still", "1", False)
    assert json.loads((tmp_path / "badge.json").read_text())["color"] == "red"


def test_copying_the_reference_keeps_the_contract(shell: Shell) -> None:
    done = shell("test", "copy-reference", "--suite", "fake")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["rule", "verdict", "reason"]
    assert {line[1] for line in lines[1:]} == {"pass", "not applicable"}
    assert "copy-reference 1 keeps the contract." in done.stderr


def test_a_broken_contract_exits_7_and_names_the_rules(shell: Shell) -> None:
    done = shell("test", "fake-wrong-shape", "--suite", "fake")
    assert done.returncode == 7
    assert (
        "output obeys the protocol\tfail\tfake-wrong-shape returned a Video of uint8 frames (3, 16, 16, 3)"
        in done.stdout
    )
    assert "error: fake-wrong-shape breaks 1 of 13 rules: output obeys the protocol" in done.stderr
    assert "docs/adding-a-method.md" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("fake-rol",), 2, "did you mean 'fake-roll'?"),
        (("fake-roll", "--set", "fake-roll.shfit=1"), 2, "fake-roll has no option 'shfit'; did you mean 'shift'?"),
        (("fake-roll", "--preset", "huge"), 2, "no method asked for has a preset 'huge'"),
        (("fake-roll", "--suite", "fke"), 2, "no suite named 'fke'; did you mean 'fake'?"),
        (("fake-missing", "--suite", "fake"), 6, "no weights of fake-missing\nFetch them: fake fetch"),
        (("fake-broken",), 7, "fake-broken breaks 1 of 1 rules: spec is readable"),
    ],
)
def test_the_exit_code_says_whose_fault_it_is(shell: Shell, words: tuple[str, ...], code: int, message: str) -> None:
    done = shell("test", *words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_new_writes_a_plug_in_and_says_what_is_next(shell: Shell, tmp_path: Path) -> None:
    done = shell("new", "swift-shift")
    assert done.returncode == 0, done.stderr
    assert "swift-shift/swift_shift/method.py" in done.stdout.splitlines()
    assert "pip install -e 'swift-shift[test]'\n  motionbench method test swift-shift" in done.stderr
    again = shell("new", "swift-shift")
    assert again.returncode == 2
    assert "swift-shift is there and not empty; name another with --folder, or remove it" in again.stderr
    assert shell("new", "swift-shift", "--folder", "elsewhere").returncode == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fym", "'fym' is already a method of motionbench-transfer"),
        ("My_Method", "try: motionbench method new my-method"),
    ],
)
def test_a_name_that_cannot_be_is_refused(shell: Shell, tmp_path: Path, name: str, message: str) -> None:
    done = shell("new", name)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / name).exists()
