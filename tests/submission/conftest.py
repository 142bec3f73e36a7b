"""One small run, packed once: two methods and the controls on the suite ``mini``, made without a backbone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motionbench import plan, request
from motionbench.run import Run
from motionbench.store import Store
from motionbench.submission import packing
from motionbench.submission.rescoring import _Silent

METRICS = ("mf.local", "mf.dmt", "dynamic_degree")
Change = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission with its videos: the controls that need no backbone."""
    folder = tmp_path_factory.mktemp("submission")
    names = ("frozen", "copy-reference", "other-clip")
    asked = request.Question(methods=names, metrics=METRICS, controls=False)
    made = plan.make(request.resolve(asked))
    store = Store.open(folder / "store")
    store.save_plan(made.configuration("motionbench eval"))
    Run(made, store, _Silent()).execute()
    packing.export(store, store.plan(), folder / "run.motionbench", videos=True)
    return folder / "run.motionbench"


@pytest.fixture
def changed(packed: Path, tmp_path: Path) -> Callable[[Change], Path]:
    """Writes the submission again after a change of its members, with their digests listed anew."""

    def change(edit: Change) -> Path:
        with zipfile.ZipFile(packed) as file:
            members = {name: file.read(name) for name in file.namelist()}
        edit(members)
        return write(tmp_path / "changed.motionbench", members)

    return change


def write(path: Path, members: dict[str, bytes]) -> Path:
    """A zip of members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def edit_head(members: dict[str, bytes], **changes: Any) -> None:
    """Change fields of ``submission.json``."""
    members["submission.json"] = json.dumps(json.loads(members["submission.json"]) | changes).encode()


def edit_rows(members: dict[str, bytes], edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the scores, and list their digest anew."""
    import hashlib
    import io

    import pandas as pd

    rows = pd.read_parquet(io.BytesIO(members["scores.parquet"])).to_dict("records")
    edit(rows)
    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer, index=False)
    members["scores.parquet"] = buffer.getvalue()
    head = json.loads(members["submission.json"])
    for line in head["files"]:
        if line["name"] == "scores.parquet":
            line |= {"sha256": hashlib.sha256(buffer.getvalue()).hexdigest(), "size": len(buffer.getvalue())}
    members["submission.json"] = json.dumps(head).encode()
