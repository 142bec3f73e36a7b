"""``motionbench tracker check`` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from motionbench import registry
from motionbench.cli import trackers
from motionbench.data.video import write_mp4
from motionbench.errors import MissingResourceError, UsageError
from motionbench.metrics import tracker_check
from motionbench.metrics.tracker_check import Accuracy, Check, Jitter
from motionbench.specs import TrackerSpec
from motionbench.types import Video

HEADER = ["tracker", "δ_avg", "OA", "AJ", "jitter", "with grain", "lost", "noise floor", "verdict"]


def run(*words: str) -> tuple[int, list[list[str]], str]:
    """Exit code, table, stderr."""
    done = CliRunner().invoke(trackers.app, ["check", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, [line.split("\t") for line in done.stdout.splitlines()], done.stderr


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Instead of tracking: jitter of 0.1 % under grain; counts the stills of each check."""
    stills: list[int] = []

    def check(tracker: object, cases: object, pictures: list[object], *_: object) -> Check:
        stills.append(len(pictures))
        return Check("any@1", Accuracy(8, 0.716, 0.695, None), Jitter(0.0, 0.001, 0.25))

    monkeypatch.setattr(tracker_check, "check", check)
    for variable in ("MOTIONBENCH_COTRACKER_DIR", "MOTIONBENCH_TAPNET_DIR"):
        monkeypatch.setenv(variable, "nowhere")
    return stills


def test_every_installed_tracker_is_checked_and_the_others_are_named(measured: list[int]) -> None:
    code, table, errors = run()
    assert code == trackers._FLOOR_BROKEN
    assert table[0] == HEADER
    rows = {row[0]: row[1:] for row in table[1:]}
    assert {"dis-flow", "lk", "ground_truth"} <= set(rows)
    assert rows["dis-flow"] == ["71.6%", "69.5%", "—", "0.000%", "0.100%", "25.0%", "0.150%", "holds"]
    assert rows["ground_truth"][-2:] == ["0.000%", "does not hold"]
    assert "ground_truth jitters by more than its recorded noise floor" in errors
    assert "tapnext is left out: the tracker 'tapnext' needs a local copy" in errors
    assert "8 references of mini, 8 stills" in errors
    assert set(measured) == {8}


@pytest.mark.usefixtures("measured")
def test_a_floor_that_holds_is_no_failure() -> None:
    code, table, _ = run("lk", "dis-flow")
    assert code == 0
    assert [row[0] for row in table] == ["tracker", "lk", "dis-flow"]


@pytest.mark.usefixtures("measured")
def test_a_named_tracker_that_is_not_there_says_what_to_type() -> None:
    with pytest.raises(MissingResourceError, match="MOTIONBENCH_TAPNET_DIR"):
        run("tapnext")


def test_first_frames_of_a_folder_are_held_still_as_well(tmp_path: Path, measured: list[int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 48, 80, 3), np.uint8)
    for name in ("a", "b"):
        write_mp4(tmp_path / f"{name}.mp4", Video(pixels, 8.0))
    (tmp_path / "notes.txt").write_text("not a video")
    run("lk", "--clips", str(tmp_path))
    assert measured == [10]


@pytest.mark.usefixtures("measured")
def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no videos"):
        run("lk", "--clips", str(tmp_path))


@pytest.mark.slow
def test_the_records_of_the_trackers_without_weights_hold_on_the_suite_mini() -> None:
    code, table, errors = run("dis-flow", "lk", "ground_truth")
    assert code == 0, errors
    rows = {row[0]: row for row in table}
    assert rows["ground_truth"][1:4] == ["100.0%"] * 3
    assert {rows[name][-1] for name in ("dis-flow", "lk")} == {"holds"}
    # Half to one and a half times what the spec says: a floor that nobody reaches would hide slow motion.
    for name in ("dis-flow", "lk"):
        spec = registry.get("trackers", name)
        assert isinstance(spec, TrackerSpec)
        assert 0.5 < float(rows[name][5].rstrip("%")) / 100 / spec.noise_floor < 1.5
