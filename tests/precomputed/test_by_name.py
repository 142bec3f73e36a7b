"""Candidates by the names of files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from motionbench.errors import MissingResourceError
from motionbench.precomputed import by_name

CASES = ("pan-1--p1", "odd--seed7", "v1.2--p1")


def found(folder: Path, *names: str) -> list[tuple[str, int, str]]:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return sorted((one.case, one.seed, one.shown) for one in by_name.candidates(folder, CASES))


def test_a_name_is_a_case_with_or_without_a_seed(tmp_path: Path) -> None:
    assert found(tmp_path, "pan-1--p1.mp4", "pan-1--p1--seed1.webm", "pan-1--p1--seed12.MKV") == [
        ("pan-1--p1", 0, "pan-1--p1.mp4"),
        ("pan-1--p1", 1, "pan-1--p1--seed1.webm"),
        ("pan-1--p1", 12, "pan-1--p1--seed12.MKV"),
    ]


def test_a_case_whose_own_name_looks_seeded_keeps_it(tmp_path: Path) -> None:
    assert found(tmp_path, "odd--seed7.mp4", "odd--seed7--seed2.mp4") == [
        ("odd--seed7", 0, "odd--seed7.mp4"),
        ("odd--seed7", 2, "odd--seed7--seed2.mp4"),
    ]


def test_a_folder_of_images_is_a_video_and_its_name_has_no_ending_to_cut_off(tmp_path: Path) -> None:
    assert found(tmp_path, "v1.2--p1/0.png", "empty/notes.txt") == [("v1.2--p1", 0, "v1.2--p1")]


def test_what_is_no_video_is_passed_over(tmp_path: Path) -> None:
    names = ("pan-1--p1.mp4", "pan-1--p1.json", "prompts.csv", "grid.png", "._pan-1--p1.mp4")
    assert found(tmp_path, *names) == [("pan-1--p1", 0, "pan-1--p1.mp4")]


def test_a_folder_without_videos_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"holds no videos; expected files such as pan-1--p1\.mp4 or "):
        by_name.candidates(tmp_path, CASES)
    with pytest.raises(MissingResourceError, match=r"no folder .*nowhere; name the one .*--videos DIR"):
        by_name.candidates(tmp_path / "nowhere", CASES)
