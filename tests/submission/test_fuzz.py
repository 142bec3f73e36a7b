"""Whatever a submission holds, it is read or refused with an error of ours, and nothing is written beside it."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motionbench import submission
from motionbench.errors import MotionBenchError

FUZZ = settings(
    max_examples=int(os.environ.get("MOTIONBENCH_FUZZ", "60")),
    derandomize="MOTIONBENCH_FUZZ" not in os.environ,  # a change is judged by the same files each time
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = ("submission.json", "scores.parquet", "receipts.jsonl")
OTHERS = ("../up", "/etc/passwd", "videos/x.mkv", "a\x00b", "submission.json", "")
Flips = list[tuple[float, int]]


def flipped(data: bytes, flips: Flips, cut: float) -> bytes:
    """Bytes with some replaced, and the end cut off."""
    found = bytearray(data)
    for place, value in flips:
        found[int(place * (len(found) - 1))] = value
    return bytes(found[: int(cut * len(found))])


FLIPS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4)
CUTS = st.one_of(st.just(1.0), st.floats(0, 1))


def refuses_or_reads(file: Path) -> None:
    before = sorted(file.parent.iterdir())
    with contextlib.suppress(MotionBenchError):
        submission.read(file)
    assert sorted(file.parent.iterdir()) == before


def test_a_damaged_zip_is_read_or_refused(packed: Path, tmp_path: Path) -> None:
    whole, file = packed.read_bytes(), tmp_path / "a.motionbench"

    @FUZZ
    @given(FLIPS, CUTS)
    def check(flips: Flips, cut: float) -> None:
        file.write_bytes(flipped(whole, flips, cut))
        refuses_or_reads(file)

    check()


def test_damaged_and_strange_members_are_read_or_refused(packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        members = {name: archive.read(name) for name in NAMES}
    file = tmp_path / "a.motionbench"

    @FUZZ
    @given(st.sampled_from(NAMES), FLIPS, CUTS, st.lists(st.sampled_from(OTHERS), max_size=2))
    def check(name: str, flips: Flips, cut: float, others: list[str]) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, flipped(content, flips, cut) if member == name else content)
            for other in set(others) - {""} - members.keys():
                archive.writestr(other, b"content")
        refuses_or_reads(file)

    check()
