"""``motionbench method install``: what it shows before it does anything."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from motionbench import registry
from motionbench.cli import isolation
from motionbench.errors import UsageError
from motionbench.isolation import environments
from motionbench.specs import Environment, MethodSpec

SPEC = MethodSpec(
    name="old-one",
    implementation="nowhere:Class",
    summary="a method of 2023",
    version="1",
    paper="none",
    licence="CC-BY-NC-4.0",
    upstream="https://example.org/old-one",
    environment=Environment((), weights=("old-weights, 1 GB, CC-BY-NC-4.0",)),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(registry, "method", lambda name: SPEC)
    return environments.folder_of(SPEC)


def install(*words: str) -> Result:
    app = typer.Typer()
    app.command("install")(isolation.install)
    return CliRunner().invoke(app, ["old-one", *words])


def test_licences_and_weights_come_first_and_nobody_there_means_no(folder: Path) -> None:
    done = install()
    assert isinstance(done.exception, UsageError)
    assert "motionbench method install old-one --yes" in str(done.exception)
    for line in (
        "licence    CC-BY-NC-4.0",
        "weights    old-weights, 1 GB, CC-BY-NC-4.0, fetched when it first runs",
        "code       https://example.org/old-one",
        f"folder     {folder}",
    ):
        assert line in done.stderr
    assert not folder.exists()


def test_yes_builds_it_and_the_second_time_nothing_happens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = install("--yes")
    assert (first.exit_code, first.stdout) == (0, f"old-one is installed in {folder}\n")
    monkeypatch.setattr(environments, "build", None)
    second = install()
    assert (second.exit_code, second.stdout, second.stderr) == (0, f"old-one is installed in {folder}\n", "")


def test_a_method_that_runs_beside_motionbench_has_nothing_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "method", lambda name: dataclasses.replace(SPEC, environment=None))
    done = install()
    assert done.exit_code == 0
    assert "old-one runs beside MotionBench" in done.stdout
