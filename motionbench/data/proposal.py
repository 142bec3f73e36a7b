"""A manifest entry for a user's own video: all that the file itself says, and gaps for what it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from motionbench.data import decoding, files
from motionbench.data.manifest import ClipEntry
from motionbench.errors import UsageError
from motionbench.types import Category

CAPTION = "SAY IN ONE SENTENCE WHAT IS SEEN AND HOW IT MOVES"
PROMPT = "ASK FOR ANOTHER LOOK WITH THE SAME MOTION"
NO_LICENCE = "NOASSERTION"
"""SPDX for a licence that nobody has stated."""


@dataclass(frozen=True)
class Known:
    """What the user says of a video."""

    category: Category
    caption: str = CAPTION
    prompts: tuple[str, ...] = (PROMPT,)
    licence: str = NO_LICENCE
    attribution: str = ""
    url: str | None = None
    start: int = 0
    every: int = 1


def propose(path: Path, known: Known) -> ClipEntry:
    """Hash and decode a file; raises VideoError or MissingResourceError where it is no whole video."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a manifest lists files: make one of it, or use the folder with --data")
    digest, facts = files.sha256(path), decoding.facts_of(path)
    source = {
        "file": {"path": path.name, "start": known.start, "every": known.every},
        **({"url": known.url} if known.url else {}),
        "sha256": digest,
        "bytes": path.stat().st_size,
        "video": {"width": facts.width, "height": facts.height, "frames": facts.frames, "fps": str(facts.fps)},
    }
    return ClipEntry.model_validate(
        {
            "id": _identifier(path.stem),
            "category": known.category,
            "source": source,
            "reference_prompt": known.caption,
            "prompts": [{"id": f"p{k}", "text": text} for k, text in enumerate(known.prompts, start=1)],
            "licence": known.licence,
            "attribution": known.attribution,
        }
    )


def as_yaml(clip: ClipEntry) -> str:
    """The entry as it goes under ``clips:`` of a manifest."""
    data = clip.model_dump(exclude_defaults=True)
    text = yaml.safe_dump([data], sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _identifier(stem: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    if not name:
        raise UsageError(f"no id can be made of the file name {stem!r}; rename it with letters from a to z")
    return name
