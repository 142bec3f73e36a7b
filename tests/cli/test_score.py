"""``motionbench score`` as a user meets it, in subprocesses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motionbench.data import video
from motionbench.types import Video

SCORE = ("score", "--videos", "out", "--method", "theirs", "--suite", "fake", "--metric", "fake_brightness")


class Desk:
    """A folder with videos, and ``motionbench`` run inside it."""

    def __init__(self, folder: Path, fakes: Any) -> None:
        self.folder, self.fakes = folder, fakes

    def write(self, *names: str, count: int = 5) -> None:
        for index, name in enumerate(names):
            path = self.folder / "out" / name
            path.parent.mkdir(exist_ok=True)
            frames = np.random.default_rng(index).integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
            video.write_mp4(path, Video(frames, 8.0))

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "motionbench.cli", *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.fakes.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def desk(tmp_path: Path, fakes: Any) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, fakes)


def test_a_complete_set_is_scored_beside_the_controls_and_ends_with_the_table(desk: Desk) -> None:
    desk.write("pan-0.mp4", "zoom-0.mp4", "ball-0.mp4", "car-0.mp4")
    done = desk(*SCORE, "--no-controls")
    assert done.returncode == 0, done.stderr
    assert "theirs[precomputed]" in done.stdout
    assert "theirs[precomputed]: 4 of 4 videos found; motionbench-store keeps a lossless copy of each." in done.stderr
    assert "Next: motionbench table --plan " in done.stderr
    table = desk("table", "--format", "csv")
    assert "theirs[precomputed],fake_brightness,all," in table.stdout


def test_missing_videos_are_named_counted_in_the_table_and_exit_3_unless_accepted(desk: Desk) -> None:
    desk.write("pan-0.mp4", "zoom-0.mp4", "ball-0.mp4")
    done = desk(*SCORE, "--no-controls")
    assert done.returncode == 3, done.stderr
    assert "1 without a video: car-0" in done.stderr
    assert "†3/4" in done.stdout
    assert "no video was given for this case" in done.stdout
    assert desk(*SCORE, "--no-controls", "--fail-on-error", "1").returncode == 0


def test_faults_exit_2_before_anything_is_scored(desk: Desk) -> None:
    desk.write("pan-0.mp4", "zom-0.mp4")
    desk.write("ball-0.mp4", count=7)
    done = desk(*SCORE, "--no-controls")
    assert (done.returncode, done.stdout) == (2, "")
    assert "zom-0.mp4: the suite fake has no case 'zom-0'; did you mean 'zoom-0'?" in done.stderr
    assert "ball-0.mp4: expected 5 frames, got 7" in done.stderr
    assert "without a video: zoom-0, car-0" in done.stderr
    assert "items to do" not in done.stderr


def test_a_table_maps_any_names_and_resampling_fits(desk: Desk) -> None:
    desk.write("1.mp4", "2.mp4", "3.mp4", "4.mp4", count=9)
    rows = [f"out/{number}.mp4,{case}" for number, case in enumerate(("pan-0", "zoom-0", "ball-0", "car-0"), start=1)]
    (desk.folder / "map.csv").write_text("\n".join(["video,case", *rows]))
    words = ("score", "--videos", ".", *SCORE[3:], "--map", "map.csv", "--no-controls")
    assert desk(*words).returncode == 2
    done = desk(*words, "--resample")
    assert done.returncode == 0, done.stderr
    assert "theirs[precomputed,resampled]" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((*SCORE, "--data", "out"), 2, "--suite and --data exclude each other"),
        ((*SCORE, "--map", "none.csv"), 2, "cannot read the table none.csv: No such file"),
        (("score", "--videos", "nowhere", *SCORE[3:]), 6, "no folder nowhere; name the one that holds the videos"),
        (("score", "--videos", "out", "--suite", "fake", "--method", "a,b"), 2, "a method's name is letters"),
        (("score", "--videos", "out"), 2, "--method"),
    ],
)
def test_bad_input_names_the_thing_and_the_next_step(
    desk: Desk, words: tuple[str, ...], code: int, message: str
) -> None:
    desk.write("pan-0.mp4")
    done = desk(*words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_cases_of_a_folder_of_ones_own_are_named_by_file_and_prompt(desk: Desk) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (17, 64, 64, 3), dtype=np.uint8)
    for path in ("own/dance.mp4", "out/dance--p1.mp4", "out/dance--p2--seed3.mp4"):
        (desk.folder / path).parent.mkdir(exist_ok=True)
        video.write_mp4(desk.folder / path, Video(frames, 8.0))
    table = "file,category,reference_prompt,prompt,prompt_2\ndance.mp4,human,a woman,a robot,a bear\n"
    (desk.folder / "own" / "prompts.csv").write_text(table)
    words = ("score", "--videos", "out", "--method", "theirs", "--data", "own", "--metric", "fake_brightness")
    done = desk(*words, "--no-controls")
    assert done.returncode == 3, done.stderr
    assert "2 of 4 videos found" in done.stderr
    assert "2 without a video: dance--p1, seed 3; dance--p2, seed 0" in done.stderr
    assert "seeds 0, 3" in done.stdout
