"""One table of heads for all clips on the same weights at the same size, kept between runs.

At the probe's noise level (σ = 0.9998) next to nothing of a clip is left, and the split is all but a constant of the
model: on two clips of DAVIS it differed by at most one head a layer (a third party's run of the public code). So the
table can be the model's: classified on noise alone with an empty caption, it depends on the weights, their number
format, the size, the seed and the settings of the probe, and on no clip. It lies in the cache folder (``data.places``);
what is there is what would be computed again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from motionbench.contracts import Progress, silent
from motionbench.data import places
from motionbench.errors import MissingResourceError
from motionbench.methods.fym.head_table import HeadTable, Probe
from motionbench.methods.fym.heads import classify_heads

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

VERSION = "1"
"""Raised whenever the classification gives other tables."""


def table_of_model(backbone: Backbone, probe: Probe, progress: Progress = silent) -> HeadTable:
    """The backbone's own table at its size: from the cache, or classified now and kept there."""
    path = place(backbone, probe)
    with contextlib.suppress(MissingResourceError):
        return HeadTable.read(path)
    noise_alone = torch.zeros(backbone.latent_shape, device=backbone.device)
    table = classify_heads(backbone, noise_alone, backbone.embed(""), probe, progress)
    _keep(table, path)
    return table


def place(backbone: Backbone, probe: Probe) -> Path:
    """The file of a table, whether it is there or not: named by all that decides the table."""
    spec = backbone.spec
    decides = {
        "version": VERSION,
        "weights": backbone.digest,
        "dtype": spec.dtype,
        "text": spec.max_sequence_length,
        "latents": backbone.latent_shape,
        "probe": dataclasses.asdict(probe),
    }
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return places.cache() / "heads" / f"{digest[:32]}.json"


def _keep(table: HeadTable, path: Path) -> None:
    """A folder that cannot be written to costs the next clip a classification, and nothing else."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_name(f"{os.getpid()}-{path.name}")
        table.write(mine)
        os.replace(mine, path)
