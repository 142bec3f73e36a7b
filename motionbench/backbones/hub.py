"""A backbone's files in the cache of the Hugging Face hub; nothing is ever downloaded from here.

The cache is huggingface_hub's own (``HF_HUB_CACHE``, or ``hub`` in ``HF_HOME``), so that ``hf download`` fills it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from motionbench.errors import MissingResourceError
from motionbench.specs import BackboneSpec

_WITH_WEIGHTS = ("transformer", "vae", "text_encoder")


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
        raise _missing(spec, f"are not whole in {found}: it lacks {', '.join(lacking)}")
    return found


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
        f"Fetch them: hf download {spec.source} --revision {spec.revision}\n"
        "or name a folder that has them: --backbone local-dir:FOLDER"
    )
