"""The example plug-in, installed into a folder of its own as a stranger would, without any network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"


def motionbench(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "motionbench.cli", "method", *words],
        env={**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its entry points on a path, as an editable install leaves them."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(EXAMPLE / "my_method", site / "my_method")
    folder = site / f"my_method-{project['version']}.dist-info"
    folder.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (folder / "METADATA").write_text(head, encoding="utf-8")
    lines = [
        f"[{group}]\n{name} = {value}" for group, one in project["entry-points"].items() for name, value in one.items()
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return site


def test_it_is_listed(linked: Path) -> None:
    [line] = [line for line in motionbench(linked, "list").stdout.splitlines() if line.startswith("my-method\t")]
    assert line.split("\t")[1:5] == ["training-free", "mini-wan", "runs-on-mini", "my-method"]


def test_its_name_is_taken_now(linked: Path) -> None:
    done = motionbench(linked, "new", "my-method")
    assert done.returncode == 2
    assert "a package 'my_method' is installed here already" in done.stderr


def test_its_own_tests_of_the_mathematics_pass(linked: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests" / "test_method.py")]
    environment = {**os.environ, "PYTHONPATH": str(linked), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_it_keeps_the_contract(linked: Path) -> None:
    done = motionbench(linked, "test", "my-method", "--steps", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-method 1 keeps the contract on mini-wan." in done.stderr
    assert done.stdout.count("\tpass\t") == 10


@pytest.mark.slow
def test_pip_installs_it(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="building without the network needs hatchling here")
    words = ("install", "-q", "--no-index", "--no-build-isolation", "--no-deps", "--target", str(tmp_path / "site"))
    source = shutil.copytree(EXAMPLE, tmp_path / "source")
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "\nmy-method\ttraining-free\t" in motionbench(tmp_path / "site", "list").stdout
