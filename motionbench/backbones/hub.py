"""A backbone's files in the cache of the Hugging Face hub; nothing is ever downloaded from here.

The cache is huggingface_hub's own (``HF_HUB_CACHE``, or ``hub`` in ``HF_HOME``), so that ``hf download`` fills it.
Weights count as safetensors only: a pickled file can run code when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from motionbench.disk import free_bytes
from motionbench.errors import MissingResourceError
from motionbench.specs import BackboneSpec

_WITH_WEIGHTS = ("transformer", "vae", "text_encoder")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")


def folder(spec: BackboneSpec) -> Path:
    """The snapshot of a spec's commit; raises MissingResourceError with the command that fetches what is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(spec.source, revision=spec.revision, local_files_only=True))
    except LocalEntryNotFoundError:
        raise _missing(spec, "are not in the cache of the hub") from None
    lacking = sorted(_lacking(found))
    if lacking:
        raise _missing(spec, f"are not whole in {found}: it lacks {', '.join(lacking)}{_pickled(found)}")
    return found


def checked(found: Path) -> Path:
    """A folder of the user's own that is a whole pipeline; raises MissingResourceError with what it lacks."""
    lacking = sorted(_lacking(found))
    if lacking:
        raise MissingResourceError(
            f"{found} is not a whole pipeline: it lacks {', '.join(lacking)}{_pickled(found)}\n"
            "Save it as safetensors: pipeline.save_pretrained(FOLDER, safe_serialization=True)"
        )
    return found


def _pickled(found: Path) -> str:
    """What is said of weights that are there as pickles, or ""."""
    names = (path.relative_to(found).as_posix() for part in _WITH_WEIGHTS for path in (found / part).glob("*.*"))
    pickles = sorted(name for name in names if name.endswith(_PICKLED))
    return f"; not read, as a pickle can run code: {', '.join(pickles)}" if pickles else ""


def _lacking(found: Path) -> Iterator[str]:
    """Files that a pipeline needs and its folder has not; weights count as safetensors only."""
    index = found / "model_index.json"
    parts = json.loads(index.read_text()) if index.is_file() else {}
    if not index.is_file():
        yield index.name
    yield from (
        name for name, kind in parts.items() if isinstance(kind, list) and kind[0] and not (found / name).is_dir()
    )
    for part in _WITH_WEIGHTS:
        names = {path.name for path in (found / part).glob("*.safetensors")}
        listings = (found / part).glob("*.safetensors.index.json")
        shards = {name for listing in listings for name in json.loads(listing.read_text())["weight_map"].values()}
        if not names and not shards:
            yield f"{part}/*.safetensors"
        yield from (f"{part}/{name}" for name in shards - names)


def _missing(spec: BackboneSpec, fault: str) -> MissingResourceError:
    return MissingResourceError(
        f"the weights of {spec.name} ({spec.source}, {spec.licence}) {fault}\n"
        + "".join(f"{line}\n" for line in (*_terms(spec), *_room(spec)))
        + f"Fetch them: hf download {spec.source} --revision {spec.revision}\n"
        "or name a folder that has them: --backbone local-dir:FOLDER"
    )


def _terms(spec: BackboneSpec) -> Iterator[str]:
    if spec.gated:
        yield f"They are gated: accept the terms at https://huggingface.co/{spec.source}, then: hf auth login"


def _room(spec: BackboneSpec) -> Iterator[str]:
    """What the download takes, and whether it fits where the cache is; what is there of it already counts as room."""
    from huggingface_hub import constants

    if spec.download_bytes is None:
        return
    cache = Path(constants.HF_HUB_CACHE)
    here = cache / f"models--{spec.source.replace('/', '--')}" / "blobs"
    free = free_bytes(cache) + sum(file.stat().st_size for file in here.glob("*") if file.is_file())
    size, room = (f"{count / 1e9:.1f} GB" for count in (spec.download_bytes, free))
    if free >= spec.download_bytes:
        yield f"They take {size}, {cache} has room for {room}"
        return
    yield f"The disk is too small: they take {size}, {cache} has room for {room}"
    yield "Free some, or choose another folder first: export HF_HOME=DIR"
