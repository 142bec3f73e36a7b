"""A built environment without network, with an old package of which the host has a newer one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from motionbench.isolation import environments
from motionbench.specs import Environment, MethodSpec

PACKAGES = Path(__file__).parent / "packages"
SPEC = MethodSpec(
    name="isolated-fake",
    implementation="isolated_fake.method:Fake",
    summary="a fake that needs an old package",
    version="1",
    paper="none",
    licence="Apache-2.0",
    tuned=True,
    defaults={"mood": "behaves"},
    environment=Environment((), weights=("fake-weights, 1 GB, CC-BY-NC-4.0",)),
)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of environments, with that of the fake in it."""
    folder = tmp_path_factory.mktemp("environments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(environments.ROOT_VARIABLE, str(folder))
        patch.setenv("PATH", os.defpath)
        built = environments.build(SPEC)
    [site] = built.glob("lib/python*/site-packages")
    (site / "old.pth").write_text(f"{PACKAGES / 'environment'}\n")
    return folder


@pytest.fixture
def spec(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MethodSpec]:
    """The fake as installed: its plug-in package and the newer package beside the host."""
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(root))
    monkeypatch.syspath_prepend(str(PACKAGES / "plugin"))
    monkeypatch.syspath_prepend(str(PACKAGES / "host"))
    yield SPEC
    sys.modules.pop("clashing", None)
