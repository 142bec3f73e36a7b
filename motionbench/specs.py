"""What methods, metrics, trackers, backbones and encoders say of themselves: data, readable without their dependencies.

This module imports nothing heavy, so that listing what is installed stays instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OptionValue = bool | int | float | str
Options = Mapping[str, OptionValue]
MethodStatus = Literal["control", "mechanism-tested", "runs-on-mini", "reproduced", "not-reproducing", "precomputed"]
"""How far a method is known to work; precomputed where only its videos are known."""
ArchitectureName = Literal["", "wan", "cogvideox", "hunyuan"]
"""Kinds of video transformers that our methods know their way about in; "" for any other."""
MemoryMode = Literal["full", "offload", "stream", "spread"]
"""What of a backbone is on the device: all of it; the part at work, the others on the host; block after block; or all
of it on several devices."""
Quantisation = Literal["", "int8", "float8"]
"""What the weights of the transformer's blocks are rounded to; "" for nothing but the dtype."""


@dataclass(frozen=True)
class PaperResult:
    """A number that a paper reports, quoted as theirs and never mixed with ours."""

    metric: str
    value: float
    protocol: str
    source: str


@dataclass(frozen=True)
class Environment:
    """What a method needs where its packages clash with MotionBench's: it then runs in a process of its own."""

    requirements: tuple[str, ...]
    """As pip takes them, pinned."""
    python: str = ""
    """Such as "3.10"; "" for the version that runs MotionBench."""
    lock: str = ""
    """``"package:file"``, a requirements file with exact versions that is installed in their stead, or ""."""
    weights: tuple[str, ...] = ()
    """What the method downloads when it runs, one a line: name, size, licence."""


@dataclass(frozen=True)
class MethodSpec:
    """What a method is, readable without its dependencies."""

    name: str
    implementation: str
    """``"module:Class"``, imported only when used."""
    summary: str
    """One line."""
    version: str
    """Raised whenever the output changes: part of the store's key."""
    paper: str
    licence: str
    upstream: str = ""
    """Address and commit of the published code, or "" where there is none."""
    backbones: tuple[str, ...] = ()
    """Architectures (``"wan"``) or names (``"mini-wan"``) that it runs on; () where it needs none."""
    inputs: tuple[str, ...] = ("reference", "prompt")
    """Fields of a case that it sees."""
    control: bool = False
    tuned: bool = False
    """True where it tunes once a reference clip."""
    random: bool = True
    """False where no seed changes the output."""
    noise_from: Literal["", "seed", "reference"] = ""
    """What the first latents are made from, where it is said: the seed alone, or the reference too."""
    memory_bytes: int | None = None
    """The most that tuning and generating take, as ``eval`` measures it; None where nothing is declared."""
    preset_of: Mapping[str, str] = field(default_factory=dict)
    """Backbone name → the preset that applies itself there."""
    defaults: Options = field(default_factory=dict)
    presets: Mapping[str, Options] = field(default_factory=dict)
    unkeyed: Options = field(default_factory=dict)
    """Options that came after results, each with the value that leaves all as it was: at it, no key and no saved plan
    has it."""
    paper_results: tuple[PaperResult, ...] = ()
    status: MethodStatus = "runs-on-mini"
    environment: Environment | None = None
    """Where it runs out of process; None where it runs beside MotionBench."""

    def runs_on(self, backbone: BackboneSpec) -> bool:
        """Whether it needs no backbone, or names this one or its architecture."""
        return not self.backbones or not {backbone.name, backbone.architecture}.isdisjoint(self.backbones)


@dataclass(frozen=True)
class MetricSpec:
    """What a metric means."""

    name: str
    implementation: str
    summary: str
    unit: str
    better: Literal["higher", "lower", "none"]
    bounds: tuple[float, float]
    source: str
    """Paper, section or equation."""
    version: str
    needs: tuple[Literal["tracks", "encoder"], ...] = ()
    status: Literal["headline", "comparability", "diagnostic"] = "comparability"
    """Headline scores rank methods; comparability scores are for reading published tables; diagnostics explain."""
    by_default: bool = False
    """True where ``eval`` computes it unasked."""
    decimals: int = 3


@dataclass(frozen=True)
class TrackerSpec:
    """A point tracker."""

    name: str
    implementation: str
    summary: str
    version: str
    licence: str
    noise_floor: float
    """Root-mean-square step of a track on a still video, as a share of the frame's diagonal."""
    weights: str = ""
    """``"module:function"`` that gives the digest of weights, torch-free; "" where there are none."""
    protocols: tuple[str, ...] = ()
    """Those whose videos it follows well enough, () for all: tables of another protocol say so."""
    floor_measured: bool = True
    """False where ``noise_floor`` is assumed, as nobody ran ``tracker check`` with the weights; signatures say so."""


@dataclass(frozen=True)
class Weights:
    """How many numbers a backbone holds, counted on its classes at their real size."""

    transformer: int
    blocks: int
    """Blocks of the transformer, which hold nearly all of it."""
    text_encoder: int
    """Of all its text encoders."""
    vocabulary: int
    """The largest layer of a text encoder: its embedding of words."""
    autoencoder: int


@dataclass(frozen=True)
class BackboneSpec:
    """A text-to-video model in diffusers' format and the settings that it is used with."""

    name: str
    implementation: str
    source: str
    """Folder, ``package:NAME`` for a model that the package ships, or with a ``revision`` a repository on the hub."""
    licence: str
    frames: int
    fps: float
    height: int
    width: int
    steps: int
    guidance: float
    flow_shift: float
    max_sequence_length: int
    negative_prompt: str = ""
    dtype: str = "float32"
    architecture: ArchitectureName = ""
    side: int = 0
    """Height and width are multiples of it; 0 for what the architecture has."""
    fixed: bool = True
    """False where frames, rate and size follow the protocol, as far as the architecture can make them."""
    revision: str = ""
    """Commit of the repository; "" where ``source`` is a folder."""
    notice: str = ""
    """A line that every table on this backbone carries, or ""."""
    encoder: str = "vit-b-32"
    """The image-text model under the metrics where none is named."""
    memory: MemoryMode = "full"
    """Decides no output, so it is in no key; ``spread`` sums gradients in another order, as another card may."""
    quantised: Quantisation = ""
    tiled: bool = False
    """The autoencoder works tile by tile, which moves its output a little."""
    weights: Weights | None = None
    """None where nobody counted them."""
    download_bytes: int | None = None
    """Of what a run needs of the repository, about."""
    gated: bool = False
    """The repository wants its terms accepted by somebody who is logged in."""


@dataclass(frozen=True)
class EncoderSpec:
    """An image-text model in open_clip's format."""

    name: str
    implementation: str
    model: str
    """open_clip name, ``local-dir:PATH`` or ``package:NAME``."""
    pretrained: str
    licence: str
    protocols: tuple[str, ...] = ()
    """Those whose pictures it was made for, () for all: tables of another protocol say so."""


@dataclass(frozen=True)
class SuiteSpec:
    """A named set of cases; built as ``Class(name)``."""

    name: str
    implementation: str
    summary: str


Spec = MethodSpec | MetricSpec | TrackerSpec | BackboneSpec | EncoderSpec | SuiteSpec
