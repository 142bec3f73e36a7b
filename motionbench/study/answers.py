"""Raters' files: strangers' input, checked whole before any of it counts.

A file has at most 2 MiB and exactly the screens of its rater. All faults of all files are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motionbench.errors import MissingResourceError, UsageError
from motionbench.study.records import Key

Choice = Literal["a", "b", "tie", "skip"]
LARGEST = 2 << 20
"""Bytes of a file."""
_FAULTS_SHOWN = 30
_OF_ONE_FILE = 5


@dataclass(frozen=True)
class Answer:
    """What a rater said of one showing."""

    choice: Choice
    seconds: float


@dataclass(frozen=True)
class Sheet:
    """One rater's answers, by the ids of showings."""

    rater: int
    answers: Mapping[str, Answer]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Answer(_Model):
    item: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    answer: Choice
    seconds: Annotated[float, Field(ge=0, le=86400)]


class _File(_Model):
    kind: Literal["motionbench study answers"]
    schema_version: Literal[1]
    study: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    rater: Annotated[int, Field(ge=1, le=500)]
    consent: Literal[True]
    answers: Annotated[list[_Answer], Field(max_length=10_000)]


def read(key: Key, paths: Sequence[Path]) -> tuple[Sheet, ...]:
    """Files and folders of ``.json`` files, by raters' numbers; raises UsageError with every fault found."""
    faults: list[str] = []
    found: dict[int, tuple[str, Sheet]] = {}
    for path in _files(paths):
        loaded = _load(path)
        own = [loaded] if isinstance(loaded, str) else list(_faults(key, loaded))
        faults += [f"{path}: {fault}" for fault in own]
        if isinstance(loaded, str) or own:
            continue
        if loaded.rater in found:
            faults.append(f"{path}: rater {loaded.rater} answers in {found[loaded.rater][0]} too; keep one of them")
        found[loaded.rater] = (str(path), _sheet(loaded))
    if faults:
        more = [f"… and {len(faults) - _FAULTS_SHOWN} more"] if len(faults) > _FAULTS_SHOWN else []
        raise UsageError("\n".join(["the answers cannot be used:", *faults[:_FAULTS_SHOWN], *more]))
    return tuple(found[rater][1] for rater in sorted(found))


def _files(paths: Sequence[Path]) -> list[Path]:
    listed = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not listed:
        raise MissingResourceError(f"no answers in {', '.join(map(str, paths))}: raters save files that end in .json")
    return listed


def _load(path: Path) -> _File | str:
    """The file as read, or its fault."""
    try:
        if path.stat().st_size > LARGEST:
            return f"larger than {LARGEST >> 20} MiB"
        return _File.model_validate_json(path.read_bytes())
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except ValidationError as error:
        return _told(error)


def _told(error: ValidationError) -> str:
    """Where and what, never the value itself, which may be anything."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"{_place(one['loc'])}{one['msg']}" for one in found[:_OF_ONE_FILE]]
    return "; ".join([*lines, *(["…"] if len(found) > _OF_ONE_FILE else [])])


def _place(location: tuple[int | str, ...]) -> str:
    return ascii(".".join(map(str, location)))[1:-1][:80] + ": " if location else ""


def _faults(key: Key, file: _File) -> Iterator[str]:
    """What does not fit the study."""
    if file.study != key.digest:
        yield f"of another study ({file.study[:8]}…, this is {key.digest[:8]}…)"
        return
    if file.rater > len(key.raters):
        yield f"rater {file.rater} is not in the study, which has {len(key.raters)}"
        return
    shown = {showing.id for showing in key.raters[file.rater - 1]}
    given = [answer.item for answer in file.answers]
    if missing := shown - set(given):
        yield f"{len(missing)} of {len(shown)} screens have no answer"
    if unknown := set(given) - shown:
        yield f"{len(unknown)} answers are of screens that rater {file.rater} was not shown"
    if len(given) > len(set(given)):
        yield f"{len(given) - len(set(given))} answers are there twice"


def _sheet(file: _File) -> Sheet:
    return Sheet(file.rater, {one.item: Answer(one.answer, one.seconds) for one in file.answers})
