"""What a study is made of, and its key: the file that says which video is whose, and stays with the organiser."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from motionbench.errors import MissingResourceError, NotComparableError, UsageError
from motionbench.store import records
from motionbench.store.keys import digest_of

Question = Literal["motion", "prompt", "quality"]
Role = Literal["pair", "repeat", "attention"]
Side = Literal["", "a", "b"]
"""``a`` is on the left."""

KIND = "motionbench study key"
FILE = "key.json"
SCHEMA_VERSION = 1
PASS_SHARE = 0.8
"""Of a rater's attention items; who has fewer right is left out."""
WORDING: dict[Question, str] = {
    "motion": "Which video moves more like the reference?",
    "prompt": "Which video fits the text better?",
    "quality": "Which video looks better, as a video?",
}


@dataclass(frozen=True)
class Slot:
    """A case and a seed; methods are compared in one."""

    case: str
    seed: int
    """0 for an attention item, which shows no generation."""
    reference: str
    """The clip: cases of one clip are not independent."""


@dataclass(frozen=True)
class Showing:
    """One screen of one rater."""

    id: str
    """Says nothing of what is shown."""
    question: Question
    role: Role
    slot: Slot
    a: str
    """The method on the left; of an attention item, what was done to the reference, or "reference"."""
    b: str
    right: Side = ""
    """The known answer of an attention item."""

    @property
    def pair(self) -> tuple[str, str]:
        """Both names, whatever their sides."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)


@dataclass(frozen=True)
class Entrant:
    """A method of the study."""

    label: str
    control: bool


@dataclass(frozen=True)
class Key:
    """Everything that the raters must not know."""

    plan_id: str
    suite: str
    backbone: str
    seed: int
    questions: tuple[Question, ...]
    methods: tuple[Entrant, ...]
    pass_share: float
    consent: str
    """What raters agreed to."""
    raters: tuple[tuple[Showing, ...], ...]
    """What each rater sees, in order; the first is rater 1."""

    @functools.cached_property
    def digest(self) -> str:
        """Names the study in the page and in every rater's file."""
        return digest_of(self)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of all methods."""
        return tuple(method.label for method in self.methods)


def text(key: Key) -> str:
    """The key as a file."""
    import json

    data = {"kind": KIND, "schema_version": SCHEMA_VERSION, "digest": key.digest, **dataclasses.asdict(key)}
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def read(folder: Path) -> Key:
    """The key of a study's folder; raises MissingResourceError, UsageError, or NotComparableError for a newer one."""
    path = folder / FILE
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MissingResourceError(
            f"cannot read {path}: {error.strerror}\nName the folder that motionbench study make wrote."
        ) from error
    data = records.loads(raw, str(path))
    if data.get("kind") != KIND:
        raise UsageError(f"{path} is not the key of a study; motionbench study make writes one")
    version = data.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise NotComparableError(f"{path} has schema_version {version}, this MotionBench reads up to {SCHEMA_VERSION}")
    key = _built(data, str(path))
    if key.digest != data.get("digest"):
        raise UsageError(f"{path} was changed after the study was made; restore the file")
    return key


def _built(data: Mapping[str, Any], source: str) -> Key:
    outer = {name: value for name, value in data.items() if name not in ("kind", "schema_version", "digest")}
    try:
        return Key(
            **{
                **outer,
                "questions": tuple(outer["questions"]),
                "methods": tuple(Entrant(**one) for one in outer["methods"]),
                "raters": tuple(tuple(map(_showing, shown)) for shown in outer["raters"]),
            }
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"{source} is not the key of a study: {error}") from error


def _showing(data: Mapping[str, Any]) -> Showing:
    return Showing(**{**data, "slot": Slot(**data["slot"])})
