"""``motionbench doctor`` as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SABOTAGE = "import sys\nsys.modules['{module}'] = None\n"


def doctor(folder: Path, *words: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run in a folder, where wanted with a module that no process can import."""
    paths = [os.environ.get("PYTHONPATH", "")]
    if without:
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SABOTAGE.format(module=without))
        paths.insert(0, str(folder / "site"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "motionbench.cli", "doctor", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_machine_that_can_run_the_default_command_exits_0_and_makes_nothing(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ready: motionbench eval --method fym --quick" in done.stderr
    assert "ok     torch" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_json_has_every_finding_and_a_store_that_cannot_be_written_exits_6(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = doctor(tmp_path, "--store", "file/store", "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ready"], report["schema_version"]) == (6, False, 1)
    [store] = [finding for finding in report["findings"] if finding["name"] == "store"]
    assert store["state"] == "fault"
    assert store["advice"] == "Choose another folder: --store DIR or MOTIONBENCH_STORE=DIR"


@pytest.mark.parametrize(("module", "broken"), [("torch", {"torch"}), ("av", {"decoding", "suite mini"})])
def test_a_broken_library_spoils_what_needs_it_and_the_rest_is_reported(
    tmp_path: Path, module: str, broken: set[str]
) -> None:
    done = doctor(tmp_path, "--format", "json", without=module)
    report = json.loads(done.stdout)
    faults = {finding["name"] for finding in report["findings"] if finding["state"] == "fault"}
    assert done.returncode == 6
    assert faults == broken
    assert {"python", "store", "weights mini-wan", "tracker lk"} <= {finding["name"] for finding in report["findings"]}
