"""The schema of ``data_manifest.yaml``: every clip of every suite. Unknown keys are refused."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from motionbench.types import Category, Protocol

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seed = Annotated[int, Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ProtocolEntry(_Model):
    """Whatever must be equal for two scores to share a column."""

    frames: Annotated[int, Field(ge=2)]
    fps: Annotated[float, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    width: Annotated[int, Field(gt=0)]
    tracker: Text
    grid: Annotated[int, Field(ge=1)]


class SuiteEntry(_Model):
    """Which clips a suite takes: those listed, or those that carry all of the tags."""

    summary: Text
    protocol: str
    notice: str = ""
    """A line under every table of the suite."""
    clips: list[str] = []
    tags: list[str] = []
    prompts: Annotated[int, Field(ge=1)] | None = None
    """How many of each clip's prompts, from the first on; all where it is not given."""


class Procedural(_Model):
    """A clip of the embedded world."""

    motion: str
    motion_seed: Seed
    look_seed: Seed


class ProceduralSource(_Model):
    """Rendered when needed."""

    procedural: Procedural
    sha256: Sha256
    """Over pixels and annotation under the suite's protocol."""


class FilePart(_Model):
    """A part of a video file."""

    path: Text
    """Relative to the data folder."""
    start: Annotated[int, Field(ge=0)] = 0
    """Pictures to skip."""
    every: Annotated[int, Field(ge=1)] = 1
    """Plays this many times as fast."""


class VideoFacts(_Model):
    """What a file holds, as its container says."""

    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    frames: Annotated[int, Field(ge=2)]
    fps: Annotated[str, Field(pattern=r"^[1-9][0-9]*(/[1-9][0-9]*)?$")]
    """A whole number or a fraction, "30000/1001"."""


class FileSource(_Model):
    """A video file, in the data folder or behind an address."""

    file: FilePart
    sha256: Sha256
    """Over the file's bytes."""
    url: Annotated[str, Field(pattern=r"^(https?|file)://")] | None = None
    """Where ``motionbench data fetch`` gets it; None for a file that is always beside the manifest."""
    bytes: Annotated[int, Field(gt=0)] | None = None
    video: VideoFacts | None = None

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return PurePosixPath(self.file.path).name


SOURCE_TAGS = ("a procedural source", "a file source")
"""How pydantic tells the two kinds of source apart in its paths."""


def _kind(source: Any) -> str | None:
    keys = source if isinstance(source, dict) else vars(source)
    return next((tag for key, tag in zip(("procedural", "file"), SOURCE_TAGS, strict=True) if key in keys), None)


Source = Annotated[
    Annotated[ProceduralSource, Tag(SOURCE_TAGS[0])] | Annotated[FileSource, Tag(SOURCE_TAGS[1])], Discriminator(_kind)
]


class Prompt(_Model):
    """A text that asks for another look; a case is a clip and one of its prompts."""

    id: Identifier
    text: Text
    look_seed: Seed | None = None
    """The look that the text names; procedural clips only."""


class ClipEntry(_Model):
    """One reference video."""

    id: Identifier
    category: Category
    source: Source
    reference_prompt: Text
    """A caption of the reference."""
    prompts: Annotated[list[Prompt], Field(min_length=1)]
    licence: Text
    """SPDX identifier."""
    attribution: str = ""
    tier: Literal["A", "B"] | None = None
    """A: the licence covers the video. B: it is the repository's, the footage's own is unknown; do not pass it on."""
    tags: list[str] = []

    @property
    def redistributable(self) -> bool:
        """Whether a gallery may show its frames: rendered here, or covered by its licence."""
        return self.tier == "A" or isinstance(self.source, ProceduralSource)


class Archive(_Model):
    """A zip file that holds a data set."""

    url: Annotated[str, Field(pattern=r"^(https?|file)://")]
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    folder: str = ""
    """The folder in it that is the data set; "" for all of it."""


class DatasetEntry(_Model):
    """Somebody else's data set, fetched as its authors publish it and read by the loader of its layout; a suite."""

    summary: Text
    protocol: str
    homepage: Annotated[str, Field(pattern=r"^https://")]
    licence: Text
    """What its authors say of its use, in a line."""
    archive: Archive | None = None
    hub: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """A data-set repository of the Hugging Face hub; its newest commit is taken and noted when it is fetched."""


class Manifest(_Model):
    """The whole file."""

    schema_version: Literal[1]
    protocols: dict[str, ProtocolEntry]
    suites: dict[str, SuiteEntry]
    datasets: dict[Identifier, DatasetEntry] = {}
    clips: list[ClipEntry]

    def clips_of(self, suite: str) -> list[ClipEntry]:
        """The clips of a suite, in the order of the file."""
        listed, tags = set(self.suites[suite].clips), set(self.suites[suite].tags)
        return [clip for clip in self.clips if clip.id in listed or (tags and tags <= {*clip.tags})]

    def protocol_of(self, suite: str) -> Protocol:
        """The protocol of a suite or a data set."""
        name = (self.suites.get(suite) or self.datasets[suite]).protocol
        return Protocol(name=name, **self.protocols[name].model_dump())
