"""The backbones that ship with the package, as data."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

from motionbench.errors import MissingResourceError
from motionbench.specs import BackboneSpec

MINI_WAN = BackboneSpec(
    name="mini-wan",
    implementation="motionbench.backbones.wan:WanBackbone",
    source="package:mini-wan",
    licence="Apache-2.0",
    frames=17,
    fps=8.0,
    height=64,
    width=64,
    steps=24,
    guidance=4.0,
    flow_shift=3.0,
    max_sequence_length=32,
)


def model_folder(source: str) -> Path:
    """Where the weights of a spec lie; ``package:NAME`` is a model inside this package.

    Raises MissingResourceError where the folder is not there.
    """
    folder = Path(source).expanduser()
    if source.startswith("package:"):
        folder = Path(str(resources.files("motionbench.mini"))) / "models" / source.removeprefix("package:")
    if not folder.is_dir():
        raise MissingResourceError(f"no model folder at {folder}; expected a diffusers pipeline or open_clip folder")
    return folder


def folder_digest(folder: Path) -> str:
    """SHA-256 over names and contents of all files of a model, prose (``*.md``, logs) left out."""
    hasher = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".model", ".txt"}:
            hasher.update(path.relative_to(folder).as_posix().encode())
            hasher.update(path.read_bytes())
    return hasher.hexdigest()


def weights_digest(spec: BackboneSpec) -> str:
    """Digest of a backbone's weights and configuration; loads no torch."""
    return folder_digest(model_folder(spec.source))
