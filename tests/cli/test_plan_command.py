"""``motionbench plan`` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from motionbench.cli import app

PLAN = ("plan", "--suite", "fake", "--metric", "fake_brightness,fake_motion", "--no-controls", "--method")
RUNNER = CliRunner()


def planned(*words: str) -> Result:
    return RUNNER.invoke(app, [*words])


def test_a_plan_counts_the_work_of_each_stage_and_makes_no_store(
    fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = planned(*PLAN, "fake-tuned", "--seeds", "0,1")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["tune", "0", "4", "unknown"] in lines
    assert ["generate", "0", "8", "unknown"] in lines
    assert ["track", "0", "12", "unknown"] in lines
    assert ["score", "0", "16", "unknown"] in lines
    assert "licence   method fake-tuned: Apache-2.0" in done.stdout
    assert not (tmp_path / "motionbench-store").exists()
    assert fakes.calls("") == []


def test_what_a_plan_counts_is_what_eval_then_does(fakes: Any, tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"), "--method", "fake-still")
    before = json.loads(planned(*PLAN, "fake-tuned", *store, "--format", "json").stdout)
    evaluated = RUNNER.invoke(app, ["eval", *PLAN[1:], "fake-tuned", *store])
    after = json.loads(planned(*PLAN, "fake-tuned", *store, "--format", "json").stdout)
    to_do = sum(stage["to_do"] for stage in before["stages"])
    assert f"{to_do} items to do, 0 are there" in evaluated.stderr
    assert [stage["to_do"] for stage in after["stages"]] == [0, 0, 0, 0]
    assert after["methods"] == []
    assert after["plan_id"] == before["plan_id"]


def test_json_has_all_parts_and_missing_weights_exit_6(
    fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_COTRACKER_DIR", str(tmp_path))
    words = ("--tracker", "cotracker3", "--store", str(tmp_path / "s"), "--format", "json")
    done = planned(*PLAN, "fake-roll", *words)
    made = json.loads(done.stdout)
    assert done.exit_code == 6
    assert made["schema_version"] == 1
    [gap] = made["gaps"]
    assert gap["what"].startswith("the tracker 'cotracker3' needs a local copy")
    assert "git clone" in gap["advice"]
    assert {"of": "tracker cotracker3", "terms": "CC-BY-NC-4.0"} in made["licences"]
    assert made["total"] == {"seconds": 0.0, "unknown": ["fake-roll", "cotracker3", "fake_brightness", "fake_motion"],
                             "memory_bytes": None}  # fmt: skip


def test_planning_loads_no_torch(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom motionbench.cli import main\n"
        f"sys.argv = ['motionbench', 'plan', '--method', 'fym', '--store', {str(tmp_path / 's')!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print('ended with', end.code, file=sys.stderr)\n"
        "print('torch' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-2:] == ["ended with 0", "False"], done.stderr
    assert "fym" in done.stdout
