"""The labels of all self-attention heads with everything that decided them, as a record and as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from motionbench.errors import MissingResourceError

Kind = Literal["spatial", "temporal"]
Rule = Literal["paper", "release"]
Projection = Literal["q", "k"]
PAPER_RATIO = 1.25
RELEASE_RATIO = 1.3
_RELEASE_BLOCK = 128
_LEAST_BLOCKS = 9


def kind_of(spatial_mass: float, temporal_mass: float, rule: Rule) -> Kind:
    """Label one head from (w_s, w_t).

    ``paper``: temporal iff w_s < 1.25 w_t, so ties are temporal. ``release``: spatial iff w_t < 1.3 w_s, so ties are
    spatial. The two lean in opposite directions.
    """
    if rule == "paper":
        return "temporal" if spatial_mass < PAPER_RATIO * temporal_mass else "spatial"
    return "spatial" if temporal_mass < RELEASE_RATIO * spatial_mass else "temporal"


def block_size_for(tokens_per_frame: int) -> int:
    """Tokens a block: 128 from 1152 tokens a frame on, below it the size that keeps 9 blocks a frame or more.

    The release's 128 makes 9 to 12 blocks of its 1156 to 1560 tokens a frame; the band, one frame wide, keeps its share
    of the frame. Below 9 tokens a frame a block is one token.
    """
    return max(1, min(_RELEASE_BLOCK, tokens_per_frame // _LEAST_BLOCKS))


@dataclass(frozen=True)
class Probe:
    """The settings of a classification."""

    rule: Rule
    seed: int
    sigma: float = 0.9998
    draws: int = 1
    rows: int = 0
    """Query tokens drawn per layer; 0: all."""
    block_size: int = 0
    """B; 0: ``block_size_for``."""


@dataclass(frozen=True)
class Leak:
    """How far an adapter moves the heads of one layer that are not its own, through the norm over all heads."""

    adapter: str
    layer: int
    projection: Projection
    relative: float
    """Mean over tokens of ``|rms(q0) / rms(q) - 1|``, q0 being adapter-free."""


@dataclass(frozen=True)
class HeadTable:
    """Result of the classification: ``kinds[layer][head]`` and what they come from."""

    rule: Rule
    seed: int
    sigma: float
    draws: int
    rows: int
    """Query tokens drawn per layer; 0 means all."""
    frames: int
    """Latent frames."""
    tokens_per_frame: int
    block_size: int
    spatial_mass: tuple[tuple[float, ...], ...]
    temporal_mass: tuple[tuple[float, ...], ...]
    kinds: tuple[tuple[Kind, ...], ...]
    norm_leak: tuple[Leak, ...] = ()
    """Measured after tuning."""

    @property
    def temporal_share(self) -> float:
        """Share of temporal heads in the model, 0 to 1."""
        heads = [kind for layer in self.kinds for kind in layer]
        return heads.count("temporal") / len(heads)

    @property
    def temporal_by_layer(self) -> tuple[int, ...]:
        """Temporal heads of each layer; a layer of one kind only is legal."""
        return tuple(layer.count("temporal") for layer in self.kinds)

    def group(self, kind: Kind) -> tuple[tuple[bool, ...], ...]:
        """``group[layer][head]``: True for heads of this kind."""
        return tuple(tuple(found == kind for found in layer) for layer in self.kinds)

    def write(self, path: Path) -> None:
        """Save as JSON, the split included, whole or not at all."""
        split = {"temporal_share": self.temporal_share, "temporal_by_layer": self.temporal_by_layer}
        unfinished = path.with_name(f"unfinished-{path.name}")
        unfinished.write_text(json.dumps(asdict(self) | {"split": split}, indent=1) + "\n", encoding="utf-8")
        os.replace(unfinished, path)

    @classmethod
    def read(cls, path: Path) -> HeadTable:
        """Load what ``write`` left; raises MissingResourceError where it is not that."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            stored.pop("split")
            for name in ("spatial_mass", "temporal_mass", "kinds"):
                stored[name] = tuple(tuple(layer) for layer in stored[name])
            stored["norm_leak"] = tuple(Leak(**leak) for leak in stored["norm_leak"])
            return cls(**stored)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingResourceError(f"{path} is not a table of heads: {error}. Delete its folder.") from error
