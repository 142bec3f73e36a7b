"""YAML with the line of every value, so that an error can say where it is.

A path is a tuple of keys and indices, ``("clips", 3, "category")``, and prints as ``clips[3].category``. Lines count
from 1.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from motionbench.errors import UsageError

YamlPath = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50
"""The composer recurses, and libyaml's would exhaust the stack of the process."""


@dataclass(frozen=True)
class Document:
    """A parsed file."""

    file: Path
    data: object
    lines: dict[YamlPath, int]

    def line(self, path: YamlPath) -> int:
        """Line of a value, or of the nearest one around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def fault(self, path: YamlPath, message: str) -> str:
        """``data_manifest.yaml:12: clips[3].category: message``."""
        where = spell(path)
        return f"{self.file.name}:{self.line(path)}: {where + ': ' if where else ''}{message}"


def spell(path: YamlPath) -> str:
    """``clips[3].category``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


def parse(file: Path) -> Document:
    """Read a file; raises UsageError with file and line where it is no YAML, says a key twice or has an alias."""
    try:
        text = file.read_text(encoding="utf-8")
        with _uncollected():
            if refused := _refused(text):
                raise UsageError(f"{file.name}:{refused[0]}: {refused[1]}")
            root = yaml.compose(text, Loader=_LOADER)
            data = _constructed(root) if root else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UsageError(
            f"{file.name}:{line}: broken YAML: {error.problem or error.context}\n"
            f"Mend that line or the one above it, in {file}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name}:1: not a YAML text in UTF-8: {error}\nSave {file} as plain text.") from error
    except ValueError as error:
        raise UsageError(f"{file.name}:1: a value that cannot be read: {error}\nMend {file}") from error
    if root is None:
        raise UsageError(f"{file.name}:1: the file is empty; restore {file} from the repository")
    document = Document(file, data, {})
    twice = list(_walk(root, (), document.lines))
    if twice:
        faults = (document.fault(path, "this key stands here twice; remove one") for path in twice)
        raise UsageError("\n".join(faults))
    return document


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: it would go through all nodes again and again, and there are no cycles."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _constructed(root: yaml.Node) -> object:
    """Plain values, by a loader that makes no others."""
    loader = _LOADER("")
    try:
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _refused(text: str) -> tuple[int, str] | None:
    """Line and reason of what a reader must not follow; told from the events, before anything grows or recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, f"aliases (*{event.anchor}) are not read; write the value out where it is used"
        if depth > _DEEPEST:
            return line, f"lists and mappings stand in each other more than {_DEEPEST} deep"
    return None


def _walk(node: yaml.Node, path: YamlPath, lines: dict[YamlPath, int]) -> Iterator[YamlPath]:
    """Note the line of each value below a node; yield the paths of keys that are said twice."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            below = (*path, str(key.value))
            if below in lines:
                yield below
            yield from _walk(child, below, lines)
            lines[below] = key.start_mark.line + 1
