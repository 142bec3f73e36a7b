"""Which metrics may rank methods, and which controls fool the others.

A motion metric is admitted as a headline if, clip by clip, it puts the perfect transfer above half speed, and half
speed above each of another clip's motion, a frozen video and shuffled frames, strictly, on 95 % of the clips. The order
is reversed for a metric whose better is lower.

**A control without a value fails its clip.** All references move, and so does every control of the rule but the frozen
one. A metric that has no value for a frozen generation leaves it out of the mean, so that freezing would cost nothing;
one that has no value for a perfect transfer ranks nobody on that clip. Undefined is a right answer in a table, where
the reason is printed, but not in a score that ranks.

Half speed means displacements halved where and when they happen. Slow motion, the same path traversed half as far, is a
control of its own and not of the rule: on a path that returns, its directions are wrong most of the time, and a score
that says so is right.

Metrics that take no tracks, and those without a direction, do not rank motion: the rule does not apply to them. Of all
metrics it is said which controls fool them, that is, read like the perfect transfer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from motionbench.metrics.selfcheck.controls import CONTROLS, HALF_SPEED, ORACLE, WRONG
from motionbench.metrics.selfcheck.records import Cell, ClipLine, Misorder, Verdict
from motionbench.specs import MetricSpec

SHARE = 0.95
RULE = f"{ORACLE} > {HALF_SPEED} > each of {', '.join(WRONG)}"
CLOSE = 0.5
"""A control fools a metric where its mean is at most so many standard deviations of the perfect transfer's scores,
over clips, worse than the perfect transfer's mean on the same clips."""

Values = Mapping[str, Sequence[float | None]]
"""By control: one value a clip."""


def sees_motion(spec: MetricSpec) -> bool:
    """Whether the rule applies: it takes tracks and says which way is better."""
    return "tracks" in spec.needs and spec.better != "none"


def judge(spec: MetricSpec, signature: str, cells: Sequence[Cell], clips: Sequence[ClipLine]) -> Verdict:
    """The verdict on a metric from its row of the matrix."""
    values = {cell.control: cell.values for cell in cells}
    reasons = [misorder(values, place, spec.better == "lower") for place in range(len(clips))]
    wrong = tuple(Misorder(clip.id, clip.motion, reason) for clip, reason in zip(clips, reasons, strict=True) if reason)
    motion = sees_motion(spec)
    return Verdict(
        metric=spec.name,
        version=spec.version,
        status=spec.status,
        signature=signature,
        sees_motion=motion,
        admitted=len(clips) - len(wrong) >= SHARE * len(clips) if motion else None,
        ordered=len(clips) - len(wrong) if motion else None,
        clips=len(clips),
        fooled_by=fooled_by(spec, values),
        misorders=wrong if motion else (),
    )


def misorder(values: Values, place: int, lower: bool) -> str:
    """How a clip breaks the order, "" where it keeps it."""
    sign = -1.0 if lower else 1.0
    pairs = [(ORACLE, HALF_SPEED), *((HALF_SPEED, wrong) for wrong in WRONG)]
    faults = []
    for better, worse in pairs:
        first, second = values[better][place], values[worse][place]
        if first is None or second is None:
            faults.append(f"{better if first is None else worse} has no value")
        elif not sign * first > sign * second:
            faults.append(f"{better} {first:.3f}, {worse} {second:.3f}")
    return "; ".join(dict.fromkeys(faults))


def fooled_by(spec: MetricSpec, values: Values) -> tuple[str, ...]:
    """Controls that read like the perfect transfer; where keeping the motion is right, not those that keep it."""
    by_design = {control.name for control in CONTROLS if control.keeps_motion and sees_motion(spec)}
    names = [control.name for control in CONTROLS if control.name != ORACLE and control.name not in by_design]
    return tuple(name for name in names if _reads_alike(spec, values[ORACLE], values[name]))


def _reads_alike(spec: MetricSpec, oracle: Sequence[float | None], control: Sequence[float | None]) -> bool:
    both = [(a, b) for a, b in zip(oracle, control, strict=True) if a is not None and b is not None]
    spread = [value for value in oracle if value is not None]
    if not both:
        return False
    worse = float(np.mean([a - b for a, b in both]))
    if spec.better == "lower":
        worse = -worse
    return (abs(worse) if spec.better == "none" else worse) <= CLOSE * float(np.std(spread))
