import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny():
    """The module ``tests/tiny_wan.py``."""
    spec = importlib.util.spec_from_file_location("tiny_wan", Path(__file__).parents[1] / "tiny_wan.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def backbone(tiny):
    """A real ``WanBackbone`` over a tiny random pipeline; whoever borrows it gives it back unchanged."""
    return tiny.backbone()
