"""Videos and the protocol: exact, or a line that says what differs."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest

from motionbench.data import video
from motionbench.precomputed import conformity
from motionbench.precomputed.records import Candidate
from motionbench.types import Protocol, Video

PROTOCOL = Protocol("p", frames=5, fps=8.0, height=16, width=32, tracker="t", grid=3)


def frames(count: int = 5, height: int = 16, width: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def written(folder: Path, name: str = "a.mp4", fps: float = 8.0, **shape: int) -> Candidate:
    path = folder / name
    write = video.write_lossless if name.endswith(".mkv") else video.write_mp4
    write(path, Video(frames(**shape), fps))
    return Candidate(path, "a", 0, name)


def timed(path: Path, milliseconds: list[int]) -> Candidate:
    """A Matroska file whose pictures come at these times."""
    with av.open(str(path), "w") as container:
        stream = cast(Any, container.add_stream("ffv1", rate=8))
        stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr0"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time, rgb in zip(milliseconds, frames(len(milliseconds)), strict=True):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return Candidate(path, "a", 0, path.name)


def images(folder: Path, count: int) -> Candidate:
    from PIL import Image

    folder.mkdir()
    for index, rgb in enumerate(frames(count)):
        Image.fromarray(rgb).save(folder / f"{index}.png")
    return Candidate(folder, "a", 0, folder.name)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_video_of_the_protocol_has_no_fault(tmp_path: Path, name: str) -> None:
    assert conformity.fault(written(tmp_path, name), PROTOCOL, resample=False) == ""


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"count": 4}, "expected 5 frames, got 4"),
        ({"count": 6}, "expected 5 frames, got 6"),
        ({"fps": 25.0}, "expected 8 frames a second, got 25"),
        ({"width": 64}, "expected 32x16 pixels (width x height), got 64x16"),
        (
            {"count": 9, "fps": 16.0, "height": 32},
            "expected 5 frames, got 9; expected 8 frames a second, got 16; "
            "expected 32x16 pixels (width x height), got 32x32",
        ),
    ],
)
def test_each_difference_is_named_with_what_was_expected_and_what_came(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    assert conformity.fault(written(tmp_path, **changes), PROTOCOL, resample=False) == f"a.mp4: {fault}"


def test_a_rate_that_rounds_in_the_files_clock_is_exact_and_a_near_one_is_not(tmp_path: Path) -> None:
    film = dataclasses.replace(PROTOCOL, frames=49, fps=24000 / 1001)
    candidate = written(tmp_path, "a.mkv", fps=24000 / 1001, count=49)
    assert conformity.fault(candidate, film, resample=False) == ""
    near = dataclasses.replace(film, fps=24.0)
    assert conformity.fault(candidate, near, resample=False) == "a.mkv: expected 24 frames a second, got 23.98"


def test_a_rate_that_varies_is_a_fault_although_its_mean_is_right(tmp_path: Path) -> None:
    even, uneven = (
        timed(tmp_path / "e.mkv", [0, 125, 250, 375, 500]),
        timed(tmp_path / "u.mkv", [0, 125, 280, 375, 500]),
    )
    assert conformity.fault(even, PROTOCOL, resample=False) == ""
    assert conformity.fault(uneven, PROTOCOL, resample=False) == (
        "u.mkv: expected picture 2 at 0.250 s, got it at 0.280 s: the rate varies"
    )


def test_a_folder_of_frames_plays_at_the_protocols_rate_unless_it_has_its_own(tmp_path: Path) -> None:
    candidate = images(tmp_path / "shots", 5)
    assert conformity.fault(candidate, PROTOCOL, resample=False) == ""
    np.testing.assert_array_equal(conformity.read(candidate, PROTOCOL).frames, frames())
    faster = dataclasses.replace(candidate, fps=16.0)
    assert "expected 8 frames a second, got 16" in conformity.fault(faster, PROTOCOL, resample=False)


def test_a_file_that_is_no_video_is_a_fault_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("hello")
    fault = conformity.fault(Candidate(tmp_path / "a.mp4", "a", 0, "a.mp4"), PROTOCOL, resample=False)
    assert fault.startswith("a.mp4: ")
    assert "cannot be read as a video" in fault


def test_resampling_takes_what_can_be_fitted_and_refuses_what_is_too_short(tmp_path: Path) -> None:
    longer = written(tmp_path, count=20, fps=25.0, width=64)
    assert conformity.fault(longer, PROTOCOL, resample=True) == ""
    assert conformity.read(longer, PROTOCOL).size == (5, 16, 32)
    shorter = written(tmp_path, "b.mp4", count=3)
    assert "is too short" in conformity.fault(shorter, PROTOCOL, resample=True)


def test_reading_a_lossless_video_of_the_protocol_changes_no_pixel(tmp_path: Path) -> None:
    np.testing.assert_array_equal(conformity.read(written(tmp_path, "a.mkv"), PROTOCOL).frames, frames())
