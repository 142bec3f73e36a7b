"""Candidates by a CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from motionbench.errors import UsageError
from motionbench.precomputed import by_table
from motionbench.precomputed.records import Candidate


def read(folder: Path, text: str) -> tuple[Candidate, ...]:
    (folder / "a.mp4").touch()
    (folder / "map.csv").write_text(text, encoding="utf-8")
    return by_table.candidates(folder / "map.csv", folder)


def test_rows_become_candidates_seed_and_rate_may_be_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "case,video,fps,seed\npan,a.mp4,,2\n\nzoom, a.mp4 ,12.5\n") == (
        Candidate(tmp_path / "a.mp4", "pan", 2, "map.csv:2 (a.mp4)", None),
        Candidate(tmp_path / "a.mp4", "zoom", 0, "map.csv:4 (a.mp4)", 12.5),
    )


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffvideo,case\na.mp4,pan\n")[0].case == "pan"


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, "video,case,seed,fps\n,pan,0,8\nb.mp4,,-1,0\na.mp4,pan,x,nan\n")
    assert str(caught.value).splitlines() == [
        "map.csv:2: video is empty; fill it in",
        "map.csv:3: case is empty; fill it in",
        f"map.csv:3: {tmp_path / 'b.mp4'} does not exist; paths count from the folder given as --videos",
        "map.csv:3: seed is a whole number of at least 0, got '-1'",
        "map.csv:3: fps is a number above 0, got '0'",
        "map.csv:4: seed is a whole number of at least 0, got 'x'",
        "map.csv:4: fps is a number above 0, got 'nan'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video;case\na.mp4;pan\n", r"map\.csv:1: the header lacks video, case, got video;case; for example\nvideo,"),
        ("video,case,sed\n", r"map\.csv:1: unknown column 'sed'; did you mean 'seed'\?"),
        ("video,case,case\n", r"map\.csv:1: the column 'case' stands there twice; remove one"),
        ("video,case\n", r"map\.csv: the table lists no video; add a row for each:\nvideo,case"),
        ("", r"map\.csv:1: the header lacks video, case, got nothing"),
    ],
)
def test_a_broken_table_says_how_it_should_look(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(tmp_path, text)


def test_a_table_that_is_not_there_or_not_text_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the table .*map\.csv: No such file"):
        by_table.candidates(tmp_path / "map.csv", tmp_path)
    (tmp_path / "map.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a comma-separated table in UTF-8"):
        by_table.candidates(tmp_path / "map.csv", tmp_path)
