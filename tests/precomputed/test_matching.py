"""Candidates and cases."""

from __future__ import annotations

from pathlib import Path

from motionbench.precomputed.matching import Matches, match
from motionbench.precomputed.records import Candidate

KNOWN = ("pan-1--p1", "zoom-1--p1", "walk-1--p1")


def candidate(case: str, seed: int = 0, name: str = "") -> Candidate:
    return Candidate(Path(f"{case}.mp4"), case, seed, name or f"{case}.mp4")


def matched(*candidates: Candidate, asked: tuple[str, ...] = KNOWN) -> Matches:
    return match(candidates, "mini", KNOWN, asked)


def test_every_case_needs_a_video_for_every_seed_that_any_case_has() -> None:
    found = matched(candidate("pan-1--p1", 0), candidate("pan-1--p1", 3), candidate("zoom-1--p1", 3))
    assert set(found.videos) == {("pan-1--p1", 0), ("pan-1--p1", 3), ("zoom-1--p1", 3)}
    assert found.missing == (("zoom-1--p1", 0), ("walk-1--p1", 0), ("walk-1--p1", 3))
    assert found.faults == ()


def test_a_video_of_no_case_is_a_fault_that_names_a_near_case() -> None:
    found = matched(candidate("pan-1--p1"), candidate("pan-1-p1"), candidate("zoom1--p1"), candidate("readme"))
    assert found.faults == (
        "pan-1-p1.mp4: the suite mini has no case 'pan-1-p1'; did you mean 'pan-1--p1'?",
        "zoom1--p1.mp4: the suite mini has no case 'zoom1--p1'; did you mean 'zoom-1--p1'?",
        "readme.mp4: the suite mini has no case 'readme'",
    )


def test_two_videos_of_one_case_and_seed_are_a_fault() -> None:
    found = matched(candidate("pan-1--p1", name="a.mp4"), candidate("pan-1--p1", name="b.webm"))
    assert found.videos["pan-1--p1", 0].shown == "a.mp4"
    assert found.faults == ("b.webm: a.mp4 is the video of pan-1--p1, seed 0 already; remove one of them",)


def test_videos_of_cases_that_the_run_leaves_out_are_no_faults_and_bring_no_seeds() -> None:
    left_out = candidate("walk-1--p1", 5)
    found = matched(candidate("pan-1--p1"), left_out, asked=("pan-1--p1",))
    assert (found.outside, found.missing, found.faults) == ((left_out,), (), ())
