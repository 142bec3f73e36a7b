"""Methods behind the registry, tried on the fake suite."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motionbench import registry
from motionbench.conformance import Report, examine
from motionbench.specs import BackboneSpec, MethodSpec

Examine = Callable[..., Report]


@pytest.fixture
def methods(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module ``contract_fakes``."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("contract_fakes")


@pytest.fixture
def plug(fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[MethodSpec], None]:
    """Registers a method, and a backbone of the fake suite's size."""
    real = registry.entries
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    source = str(tmp_path / "weights")
    size = (5, 8.0, 16, 16, 10, 3.0, 3.0, 8)
    backbone = BackboneSpec("fake-backbone", "contract_fakes:Backbone", source, "Apache-2.0", *size)

    def register(spec: MethodSpec) -> None:
        added = {"methods": spec, "backbones": backbone}

        @functools.cache
        def entries(kind: str) -> tuple[registry.Entry, ...]:
            one = added.get(kind)
            more = [registry.Entry(kind, one.name, one.name, "contract-fakes", one, None)] if one else []
            return (*more, *real(kind))

        monkeypatch.setattr(registry, "entries", entries)

    return register


@pytest.fixture
def examined(methods: Any, plug: Callable[[MethodSpec], None]) -> Examine:
    """Examines a fake on the fake suite."""

    def run(kind: str, *, backbone: str = "mini-wan", assignments: tuple[str, ...] = (), **fields: Any) -> Report:
        plug(methods.spec(kind, **fields))
        return examine("fake", suite="fake", backbone=backbone, assignments=assignments)

    return run
