"""Attention items: questions whose answer is known, made of the reference videos alone.

Motion: the reference against itself frozen or played backwards. Prompt: the reference under its own caption against
another clip. Quality: the reference against itself in coarse blocks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from motionbench.errors import UsageError
from motionbench.study.records import Question
from motionbench.types import CaseEntry, Video

LEAST_DIFFERENCE = 4.0
"""Mean absolute difference of what is compared, grey levels: what an attentive person cannot miss."""
_BLOCKS = 8
"""Down the frame's shorter side, of the coarse control."""
Loader = Callable[[], Video]


@dataclass(frozen=True, eq=False)
class Check:
    """One attention item; its videos are made when asked for, as all of them may not fit into memory."""

    question: Question
    entry: CaseEntry
    control: str
    true: Loader
    false: Loader


def frozen(video: Video) -> Video:
    """The first frame, repeated."""
    return Video(np.repeat(video.frames[:1], len(video.frames), axis=0), video.fps)


def reversed_in_time(video: Video) -> Video:
    """The last frame first."""
    return Video(np.ascontiguousarray(video.frames[::-1]), video.fps)


def coarse(video: Video) -> Video:
    """Means over square blocks, eight down the shorter side."""
    _, height, width = video.size
    block = max(2, min(height, width) // _BLOCKS)
    small = (max(1, width // block), max(1, height // block))
    frames = [
        cv2.resize(cv2.resize(frame, small, interpolation=cv2.INTER_AREA), (width, height), interpolation=0)
        for frame in video.frames
    ]
    return Video(np.stack(frames), video.fps)


def difference(first: Video, second: Video) -> float:
    """Mean absolute difference of two videos of one size, grey levels."""
    return float(np.abs(first.frames.astype(np.int16) - second.frames.astype(np.int16)).mean())


_CONTROLS: Mapping[Question, tuple[tuple[str, Callable[[Video], Video]], ...]] = {
    "motion": (("frozen", frozen), ("time-reversed", reversed_in_time)),
    "quality": (("coarse", coarse),),
}


def checks(
    questions: Sequence[Question], count: int, entries: Sequence[CaseEntry], load: Callable[[CaseEntry], Video]
) -> tuple[Check, ...]:
    """So many attention items, the questions in turn; ``entries`` are cases of different clips, used from the first on.

    Raises UsageError where no clip makes an item whose answer is plain.
    """
    return tuple(
        _check(questions[number % len(questions)], number // len(questions), entries, load) for number in range(count)
    )


def _check(question: Question, turn: int, entries: Sequence[CaseEntry], load: Callable[[CaseEntry], Video]) -> Check:
    for step in range(len(entries)):
        entry = entries[(turn + step) % len(entries)]
        true = functools.partial(load, entry)
        for control, false in _against(question, turn, entry, entries, load):
            if difference(true(), false()) >= LEAST_DIFFERENCE:
                return Check(question, entry, control, true, false)
    raise UsageError(
        f"no clip of the study makes an attention item for the question {question!r}: all are too still or too alike\n"
        "Leave them out: --attention 0"
    )


def _against(
    question: Question,
    turn: int,
    entry: CaseEntry,
    entries: Sequence[CaseEntry],
    load: Callable[[CaseEntry], Video],
) -> list[tuple[str, Loader]]:
    """Controls in the order in which they are tried."""
    if question == "prompt":
        others = [one for one in entries if one.reference_id != entry.reference_id]
        furthest = sorted(others, key=lambda one: _shared(one.reference_prompt, entry.reference_prompt))
        return [("other-clip", functools.partial(load, one)) for one in furthest[:1]]
    kinds = _CONTROLS[question]
    turned = kinds[turn % len(kinds) :] + kinds[: turn % len(kinds)]
    return [(name, functools.partial(_changed, change, load, entry)) for name, change in turned]


def _changed(change: Callable[[Video], Video], load: Callable[[CaseEntry], Video], entry: CaseEntry) -> Video:
    return change(load(entry))


def _shared(first: str, second: str) -> float:
    """Share of the words of two captions that both have."""
    ours, theirs = (set(text.lower().split()) for text in (first, second))
    return len(ours & theirs) / max(1, len(ours | theirs))
