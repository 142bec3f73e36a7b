"""Contact sheets: which frames, where they stand, and what is said of missing ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionbench.errors import MissingResourceError, UsageError
from motionbench.leaderboard.contact_sheet import Block, Strip, chosen_frames, rule, save, sheet
from motionbench.types import Video

RED, GREEN = (255, 0, 0), (0, 255, 0)


def video(colour: tuple[int, int, int], frames: int = 5, size: tuple[int, int] = (4, 6)) -> Video:
    """Plain, darker from frame to frame."""
    shade = np.linspace(1.0, 0.5, frames)[:, None, None, None]
    plain = np.broadcast_to(np.array(colour, dtype=np.float64), (frames, *size, 3))
    return Video((plain * shade).round().astype(np.uint8), 8.0)


@given(count=st.integers(2, 300), shown=st.integers(2, 40))
def test_frames_are_evenly_spaced_with_the_first_and_the_last(count: int, shown: int) -> None:
    frames = chosen_frames(count, shown)
    assert (frames[0], frames[-1]) == (0, count - 1)
    assert len(frames) == len(set(frames)) == min(shown, count)
    steps = np.diff(frames)
    assert steps.max() - steps.min() <= 1


def test_frames_by_hand() -> None:
    assert chosen_frames(17, 5) == (0, 4, 8, 12, 16)
    assert chosen_frames(17, 6) == (0, 3, 6, 10, 13, 16)
    assert chosen_frames(3, 9) == (0, 1, 2)
    assert rule(video(RED), 3) == "Frames 0, 2, 4 of 5 at 8 a second: evenly spaced, first and last included."


def test_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two frames, the first and the last, got 1"):
        chosen_frames(5, 1)


def _positions(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int]:
    rows, columns = np.nonzero((picture == np.array(colour)).all(axis=-1))
    return int(rows.min()), int(columns.min())


def test_the_reference_stands_above_the_method_and_frames_run_to_the_right_unsmoothed() -> None:
    reference, method = video(RED), video(GREEN)
    block = Block("pan-1--p1: a cat", (Strip("reference", reference), Strip("fym", method)))
    picture = np.asarray(sheet([block], 3, "Frames 0, 2, 4.", cell=48))
    first, last = (_positions(picture, tuple(reference.frames[index, 0, 0])) for index in (0, 4))
    assert first[0] == last[0]
    assert first[1] < last[1]
    below = _positions(picture, tuple(method.frames[0, 0, 0]))
    assert below[0] > first[0]
    assert below[1] == first[1]
    shade = (picture == reference.frames[2, 0, 0]).all(axis=-1)
    assert shade.sum() == 48 * 32


def test_large_frames_are_averaged_down_to_the_cell() -> None:
    checks = np.indices((40, 80)).sum(axis=0) % 2 * 255
    frames = np.repeat(np.repeat(checks[None, :, :, None], 3, axis=3), 2, axis=0).astype(np.uint8)
    picture = np.asarray(sheet([Block("a", (Strip("reference", Video(frames, 8.0)),))], 2, "c", cell=40))
    assert (np.abs(picture.astype(int) - 127.5) <= 0.5).all(axis=-1).sum() >= 2 * 40 * 20


def test_a_missing_video_leaves_a_grey_row_and_several_cases_several_blocks() -> None:
    whole = Block("a", (Strip("reference", video(RED)), Strip("fym", video(GREEN))))
    lost = Block("a", (Strip("reference", video(RED)), Strip("fym", None, "failed: out of memory")))
    one, two = (np.asarray(sheet(blocks, 3, "c")) for blocks in ([lost], [lost, whole]))
    assert (one == 235).all(axis=-1).mean() > 0.1
    assert two.shape[0] > 1.8 * one.shape[0] - 150
    assert two.shape[1] == one.shape[1]


def test_long_words_and_titles_stay_inside_the_picture() -> None:
    block = Block("word " * 60 + "x" * 300, (Strip("y" * 80, video(RED)),))
    picture = np.asarray(sheet([block], 2, "caption " * 40, cell=32))
    assert (picture[:, -4:] == 255).all()


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_sheets_are_written_as_png_and_pdf(tmp_path: Path, name: str, magic: bytes) -> None:
    picture = sheet([Block("a", (Strip("reference", video(RED)),))], 2, "c")
    save(picture, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_other_names_and_unwritable_places_say_so(tmp_path: Path) -> None:
    picture = sheet([Block("a", (Strip("reference", video(RED)),))], 2, "c")
    with pytest.raises(UsageError, match=r"ends in \.png or \.pdf, got a\.jpg"):
        save(picture, Path("a.jpg"))
    with pytest.raises(MissingResourceError, match="cannot write"):
        save(picture, tmp_path / "nowhere" / "a.png")
