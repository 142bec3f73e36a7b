"""Copies the template into a folder under a new name.

The template is a working plug-in called ``my-method``; its files end in ``.txt`` so that no tool takes them for parts
of MotionBench.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError
from motionbench.scaffold.naming import Naming

_SUFFIX = ".txt"
_TEMPLATE = Naming("my-method", "my_method", "MyMethod")


def write(naming: Naming, folder: Path) -> tuple[Path, ...]:
    """Write the plug-in; the files written.

    Raises UsageError for a folder with something in it, MissingResourceError where it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and not empty; name another with --folder, or remove it")
    written = []
    try:
        for path, text in _files(resources.files(__package__) / "template", ()):
            target = folder.joinpath(*(_renamed(part, naming) for part in path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_renamed(text, naming), encoding="utf-8")
            written.append(target)
    except OSError as error:
        raise MissingResourceError(f"cannot write {folder}: {error.strerror or error}") from error
    return tuple(written)


def _files(place: Traversable, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for child in sorted(place.iterdir(), key=lambda child: child.name):
        if child.is_dir():
            yield from _files(child, (*path, child.name))
        elif child.name.endswith(_SUFFIX):
            yield (*path, child.name.removesuffix(_SUFFIX)), child.read_text(encoding="utf-8")


def _renamed(text: str, naming: Naming) -> str:
    for old, new in zip(vars(_TEMPLATE).values(), vars(naming).values(), strict=True):
        text = text.replace(old, new)
    return text
