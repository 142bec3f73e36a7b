"""The loader of each category."""

from __future__ import annotations

from collections.abc import Callable

from motionbench.data import camera, human, multi_object, single_object
from motionbench.data.cases import Footage
from motionbench.types import Case, CaseEntry, Category

LOADERS: dict[Category, Callable[[CaseEntry, Footage], Case]] = {
    "camera": camera.load,
    "single_object": single_object.load,
    "multi_object": multi_object.load,
    "human": human.load,
}


def load(entry: CaseEntry, footage: Footage) -> Case:
    """The case of an entry, through its category's loader."""
    return LOADERS[entry.category](entry, footage)
