"""Where a model's weights lie, and the digest that stands for them in keys; loads no torch."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

from motionbench.errors import MissingResourceError

PACKAGED = "package:"
_DECISIVE = {".json", ".safetensors", ".model", ".txt", ".bin", ".pt", ".pth"}
"""Prose and training logs beside the weights decide nothing."""
_BLOCK = 1 << 20


def model_folder(source: str) -> Path:
    """The folder of a spec's ``source``; ``package:NAME`` is a model inside this package.

    Raises MissingResourceError where the folder is not there.
    """
    folder = Path(source).expanduser()
    if source.startswith(PACKAGED):
        folder = Path(str(resources.files("motionbench.mini"))) / "models" / source.removeprefix(PACKAGED)
    if not folder.is_dir():
        raise MissingResourceError(
            f"no model folder at {folder}; expected a diffusers pipeline or an open_clip folder"
            + ("\nReinstall: pip install --force-reinstall motionbench-transfer" if PACKAGED in source else "")
        )
    return folder


def folder_digest(folder: Path) -> str:
    """SHA-256 over names and contents of a model's weights and configuration."""
    hasher = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _DECISIVE:
            hasher.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    hasher.update(block)
    return hasher.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 over a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
