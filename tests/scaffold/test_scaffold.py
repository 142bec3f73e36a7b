"""What ``method new`` writes, and which names it takes."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import MissingResourceError, UsageError
from motionbench.scaffold import naming
from motionbench.scaffold.naming import Naming, named
from motionbench.scaffold.writing import write

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
SHIFT = Naming("swift-shift", "swift_shift", "SwiftShift")


def texts(folder: Path) -> dict[str, str]:
    skipped = ("__pycache__", ".egg-info", ".pytest_cache", ".ruff_cache", "/dist/", "/build/")
    files = [path for path in folder.rglob("*") if path.is_file() and not any(part in str(path) for part in skipped)]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}


def test_the_example_is_what_is_written(tmp_path: Path) -> None:
    write(Naming("my-method", "my_method", "MyMethod"), tmp_path / "plugin")
    assert texts(EXAMPLE) == texts(tmp_path / "plugin"), "motionbench method new my-method --folder examples/plugin"


def test_the_name_is_everywhere_and_the_template_s_nowhere(tmp_path: Path) -> None:
    written = write(SHIFT, tmp_path / "deep" / "folder")
    found = texts(tmp_path / "deep" / "folder")
    assert len(written) == len(found) == 7
    everything = "".join([*found, *found.values()])
    assert not re.search(r"my[-_]method|MyMethod", everything)
    for path, text in found.items():
        if path.endswith(".py"):
            ast.parse(text)
    project = tomllib.loads(found["pyproject.toml"])
    assert project["project"]["name"] == "swift-shift"
    points = project["project"]["entry-points"]["motionbench.methods"]
    assert points == {"swift-shift": "swift_shift.spec:SPEC"}
    assert "class SwiftShift:" in found["swift_shift/method.py"]


def test_an_empty_folder_is_taken_and_one_with_something_in_it_is_not(tmp_path: Path) -> None:
    assert write(SHIFT, tmp_path)
    with pytest.raises(UsageError, match="is there and not empty"):
        write(SHIFT, tmp_path)
    with pytest.raises(UsageError, match="is there and not empty"):
        write(SHIFT, tmp_path / "pyproject.toml")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingResourceError, match=r"cannot write .*file/plugin: Not a directory"):
        write(SHIFT, tmp_path / "file" / "plugin")


def test_a_name_has_three_forms() -> None:
    assert named("swift-shift-2") == Naming("swift-shift-2", "swift_shift_2", "SwiftShift2")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Swift Shift", "a letter first; try: motionbench method new swift-shift"),
        ("2fast", "a letter first; try: motionbench method new fast"),
        ("swift--shift", "try: motionbench method new swift-shift"),
        ("-", "a letter first"),
        ("../up", "try: motionbench method new up"),
        ("class", "its package 'class' would hide Python's or MotionBench's"),
        ("json", "its package 'json' would hide Python's"),
        ("tests", "its package 'tests' would hide"),
        ("numpy", "a package 'numpy' is installed here already"),
        ("copy-reference", "'copy-reference' is already a method of motionbench-transfer; choose another name"),
    ],
)
def test_a_name_that_cannot_be_says_why(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        named(name)


def test_an_alias_of_a_method_is_taken_too(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_check_package", lambda *_: None)
    with pytest.raises(UsageError, match="'fake-wrong-rate' is already a method of motionbench-fakes"):
        named("fake-wrong-rate")
