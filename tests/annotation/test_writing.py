"""Annotations as files, through the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from motionbench.annotation import writing
from motionbench.cli import app
from motionbench.data.inspection import open_suite
from motionbench.types import Annotation


def test_a_given_annotation_is_written_as_it_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", "annotate", "mini", "--clip", "pan-1", "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'out' / 'annotations.json'}\n"
    index = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [line["reference"] for line in index["references"]] == ["pan-1"]
    assert index["references"][0]["estimated"] == []
    suite = open_suite("mini")
    camera = suite.load(next(entry for entry in suite.entries if entry.reference_id == "pan-1")).annotation.camera
    assert camera is not None
    with np.load(tmp_path / "out" / "pan-1.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["camera"], camera.matrices)


def test_an_absent_part_has_no_array() -> None:
    assert writing.arrays(Annotation()) == {}


def test_an_unknown_clip_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", "annotate", "mini", "--clip", "pam-1", "--output", str(tmp_path)])
    assert "mini has no clip 'pam-1'; did you mean 'pan-1'?" in str(done.exception)
