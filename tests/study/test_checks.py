"""Attention items."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.errors import UsageError
from motionbench.study import checks
from motionbench.types import CaseEntry, Video


def entry(name: str, caption: str) -> CaseEntry:
    return CaseEntry(f"{name}--p1", "s", "camera", name, "a prompt", caption, "d")


ENTRIES = (entry("ball", "a red ball rolls"), entry("disc", "a red ball jumps"), entry("cat", "the cat sleeps"))


def moving(one: CaseEntry) -> Video:
    random = np.random.default_rng(len(one.reference_prompt))
    return Video(random.integers(0, 256, (4, 32, 24, 3), dtype=np.uint8), 8.0)


def still(one: CaseEntry) -> Video:
    return Video(np.repeat(moving(one).frames[:1], 4, axis=0), 8.0)


def test_questions_and_controls_take_turns() -> None:
    found = checks.checks(("motion", "prompt", "quality"), 7, ENTRIES, moving)
    assert [(one.question, one.control) for one in found] == [
        ("motion", "frozen"),
        ("prompt", "other-clip"),
        ("quality", "coarse"),
        ("motion", "time-reversed"),
        ("prompt", "other-clip"),
        ("quality", "coarse"),
        ("motion", "frozen"),
    ]
    assert [one.entry.reference_id for one in found] == ["ball", "ball", "ball", "disc", "disc", "disc", "cat"]
    assert all(one.true().digest() == moving(one.entry).digest() for one in found)


def test_controls_are_what_they_are_called() -> None:
    video = moving(ENTRIES[0])
    assert (checks.frozen(video).frames == video.frames[0]).all()
    np.testing.assert_array_equal(checks.reversed_in_time(video).frames[0], video.frames[-1])
    coarse = checks.coarse(video)
    assert coarse.size == video.size
    assert len(np.unique(coarse.frames[0].reshape(-1, 3), axis=0)) == 10 * 8


def test_the_other_clip_is_the_one_whose_caption_shares_least() -> None:
    [one] = checks.checks(("prompt",), 1, ENTRIES, moving)
    assert one.false().digest() == moving(ENTRIES[2]).digest()


def test_a_still_clip_is_passed_over() -> None:
    found = checks.checks(("motion",), 2, ENTRIES, lambda one: (still if one is ENTRIES[0] else moving)(one))
    assert [one.entry.reference_id for one in found] == ["disc", "disc"]


@pytest.mark.parametrize(("question", "entries"), [("motion", ENTRIES), ("prompt", ENTRIES[:1])])
def test_where_no_answer_is_plain_the_way_out_is_told(question: str, entries: tuple[CaseEntry, ...]) -> None:
    with pytest.raises(UsageError, match=f"attention item for the question '{question}'(.|\n)*--attention 0"):
        checks.checks((question,), 1, entries, still)  # type: ignore[arg-type]
