"""``motionbench eval`` on backbones other than the default one: tuning, generation and table of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.errors import MissingResourceError, UsageError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of heads do not lie in the user's cache."""
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))


def evaluated(store: Path, *words: str) -> Result:
    flags = ("--suite", "mini", "--quick", "--metric", "flicker", "--store", str(store))
    return CliRunner().invoke(app, ["eval", *flags, *words])


@pytest.mark.parametrize("name", ["wan2.1-1.3b", "cogvideox-2b"])
def test_methods_run_on_random_weights_and_their_table_says_so(name: str, tmp_path: Path) -> None:
    backbone, short = f"tiny-random:{name}", ("--set", "fym.spatial_steps=1", "--set", "fym.temporal_steps=1")
    done = evaluated(tmp_path, "--backbone", backbone, "--method", "sdedit,fym", *short, "--no-controls")
    assert done.exit_code == 0, done.output
    assert f"backbone {backbone}" in done.stdout
    assert "random weights" in done.stdout
    again = evaluated(tmp_path, "--backbone", backbone, "--method", "sdedit", "--no-controls", "--format", "json")
    told: dict[str, Any] = json.loads(again.stdout)
    assert "random weights" in told["notice"]
    lines = evaluated(tmp_path, "--backbone", backbone, "--method", "sdedit", "--no-controls", "--format", "csv").stdout
    assert all("random weights" in line for line in lines.splitlines()[1:])
    assert {standing["method"] for standing in told["standings"]} == {"sdedit"}


def test_the_notice_is_not_there_where_no_method_runs_on_the_backbone(tmp_path: Path) -> None:
    words = ("--backbone", "tiny-random:wan2.1-1.3b", "--method", "copy-reference", "--no-controls")
    assert "random weights" not in evaluated(tmp_path, *words, "--format", "json").stdout


def test_a_method_of_another_architecture_names_a_backbone_that_it_runs_on(tmp_path: Path) -> None:
    done = evaluated(tmp_path, "--backbone", "cogvideox-2b", "--method", "flow-motion")
    assert isinstance(done.exception, UsageError)
    expected = "flow-motion does not run on cogvideox-2b; it runs on wan: --backbone mini-wan"
    assert str(done.exception) == expected


def test_absent_weights_stop_the_run_before_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    done = evaluated(tmp_path, "--backbone", "wan2.1-1.3b", "--method", "sdedit")
    assert isinstance(done.exception, MissingResourceError)
    assert "hf download Wan-AI/Wan2.1-T2V-1.3B-Diffusers --revision 0fad780a" in str(done.exception)
