"""Fixtures of several folders: the plug-in of fakes behind Python's own entry points, and the tiny backbone."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from motionbench import registry

FAKES = Path(__file__).parent / "fakes"


@dataclass(frozen=True)
class Plugin:
    """The fakes as installed."""

    module: ModuleType
    log: Path
    environment: dict[str, str]
    """For subprocesses."""

    def calls(self, word: str) -> list[str]:
        """Logged calls that begin so."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if line.startswith(word)]


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    """The fakes behind entry points, here and in subprocesses that get ``environment``."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(FAKES))
    module = importlib.import_module("motionbench_fakes")
    _install(site, module.ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(site))
    log = tmp_path / "calls.log"
    monkeypatch.setenv("MOTIONBENCH_FAKE_LOG", str(log))
    # Held, as a test may put another function in its place.
    entries = registry.entries
    entries.cache_clear()
    # With what is there already, so that a subprocess runs the same checkout as the test.
    paths = os.pathsep.join([str(site), str(FAKES), *filter(None, [os.environ.get("PYTHONPATH")])])
    yield Plugin(module, log, {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"})
    entries.cache_clear()


@pytest.fixture(scope="session")
def tiny() -> Any:
    """The module ``tests/tiny_wan.py``."""
    return _module("tiny_wan")


@pytest.fixture(scope="session")
def cogvideox() -> Any:
    """The module ``tests/tiny_cogvideox.py``."""
    return _module("tiny_cogvideox")


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def backbone(tiny: Any) -> Any:
    """A real ``WanBackbone`` over a tiny random pipeline; whoever borrows it gives it back unchanged."""
    return tiny.backbone()


def _install(site: Path, groups: dict[str, list[str]]) -> None:
    folder = site / "motionbench_fakes-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: motionbench-fakes\nVersion: 1.0\n")
    lines = []
    for group, names in groups.items():
        lines.append(f"[motionbench.{group}]")
        lines += [f"fake-{name.lower()} = motionbench_fakes:{name}" for name in names if name != "BROKEN"]
        lines += ["fake-broken = motionbench_fakes_that_raise:SPEC"] if "BROKEN" in names else []
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (site / "motionbench_fakes_that_raise.py").write_text("raise OSError('libfake.so is missing')\n")
