"""Runs the self-check: every metric on every control of every clip, then the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import motionbench
from motionbench import registry
from motionbench.contracts import Evidence, PointTracker, Progress, silent
from motionbench.errors import Undefined, UsageError
from motionbench.metrics.selfcheck import admission, known_motion, scoring
from motionbench.metrics.selfcheck.controls import CONTROLS, ORACLE
from motionbench.metrics.selfcheck.curves import DAMAGES, Damage
from motionbench.metrics.selfcheck.known_motion import KnownMotion, Shot
from motionbench.metrics.selfcheck.records import Cell, ClipLine, Curve, SelfCheck, Verdict
from motionbench.metrics.selfcheck.scoring import Reading, Runner
from motionbench.specs import MetricSpec
from motionbench.trackers import identity
from motionbench.trackers.grid import grid_queries
from motionbench.types import Protocol, Tracks

CLIPS = 24
CURVE_CLIPS = 8
"""Curves take the first so many clips: two a category."""
EXACT = "exact"


@dataclass(frozen=True, eq=False)
class _Follower:
    """Takes tracks by the protocol's tracker, or those that the renderer knows."""

    protocol: Protocol
    tracker: PointTracker | None

    def __call__(self, shot: Shot) -> Tracks:
        if self.tracker is None:
            return shot.tracks
        try:
            return self.tracker(shot.video, grid_queries(self.protocol))
        except Undefined as reason:
            raise UsageError(
                f"the tracker {self.protocol.tracker} cannot follow clips of known motion: {reason}\n"
                "Choose another --tracker, or leave --tracker out for the exact tracks."
            ) from reason


@dataclass(frozen=True, eq=False)
class _Scored:
    """What one clip gave."""

    perfect: Evidence
    readings: dict[tuple[str, str], Reading]
    """By metric and control; absent where the control makes no sense."""


def check(
    specs: Sequence[MetricSpec],
    protocol: Protocol,
    count: int = CLIPS,
    *,
    exact: bool = True,
    complete: bool = True,
    progress: Progress = silent,
) -> SelfCheck:
    """Score ``specs`` on ``count`` clips of known motion under a protocol, with the exact tracks or its tracker.

    With exact tracks too, a metric's signature and whatever it takes from the tracker's spec (its noise floor) are
    those of the protocol's tracker; ``SelfCheck.tracks`` says which tracks were scored.

    Raises ValueError for no clip or a protocol that is not square, MissingResourceError where tracker or encoder are
    not there, UsageError where the tracker cannot follow these clips.
    """
    if count < 1:
        raise ValueError(f"a self-check needs at least one clip, got {count}")
    chosen = known_motion.clips(count, protocol)
    tracker = registry.tracker(protocol.tracker)
    follower = _Follower(protocol, None if exact else registry.implementation(tracker)())
    encoder = scoring.encoder_for(specs)
    runners = [scoring.runner(spec, protocol, encoder) for spec in specs]
    scored = []
    for done, clip in enumerate(chosen, start=1):
        scored.append(_score(clip, runners, follower))
        progress("clips of known motion", done, count)
    table = {runner.spec.name: _cells(runner.spec.name, scored) for runner in runners}
    lines = tuple(clip.line() for clip in chosen)
    return SelfCheck(
        package_version=motionbench.__version__,
        protocol=protocol.name,
        tracks=EXACT if exact else identity.signature(tracker),
        encoder=encoder.signature if encoder else "",
        rule=admission.RULE,
        share=admission.SHARE,
        clips=lines,
        verdicts=tuple(_verdict(runner, table[runner.spec.name], lines) for runner in runners),
        cells=tuple(cell for row in table.values() for cell in row),
        curves=_curves(runners, [one.perfect for one in scored[:CURVE_CLIPS]], progress),
        complete=complete,
    )


def _score(clip: KnownMotion, runners: Sequence[Runner], follower: _Follower) -> _Scored:
    case = known_motion.case(clip)
    exact = case.annotation.tracks
    if exact is None:
        raise ValueError(f"the clip {clip.id} has no exact tracks")
    reference_tracks = follower(Shot(case.reference, exact))
    readings: dict[tuple[str, str], Reading] = {}
    perfect = None
    for control in CONTROLS:
        shot = control.make(clip)
        if shot is None:
            continue
        evidence = Evidence(case, shot.video, follower(shot), reference_tracks)
        perfect = evidence if control.name == ORACLE else perfect
        readings |= {(runner.spec.name, control.name): runner.read(evidence) for runner in runners}
    if perfect is None:
        raise ValueError(f"the clip {clip.id} has no control {ORACLE}")
    return _Scored(perfect, readings)


def _cells(metric: str, scored: Sequence[_Scored]) -> list[Cell]:
    cells = []
    for control in CONTROLS:
        found = [one.readings.get((metric, control.name)) for one in scored]
        values = tuple(reading.value if reading else None for reading in found)
        there = [value for value in values if value is not None]
        reasons = tuple(dict.fromkeys(reading.reason for reading in found if reading and reading.reason))
        absent = sum(reading is None for reading in found)
        cells.append(Cell(metric, control.name, _mean(there), len(there), absent, values, reasons))
    return cells


def _verdict(runner: Runner, cells: Sequence[Cell], lines: Sequence[ClipLine]) -> Verdict:
    spec = runner.spec
    if runner.metric is not None:
        return admission.judge(spec, runner.signature, cells, lines)
    motion = admission.sees_motion(spec)
    return Verdict(spec.name, spec.version, spec.status, "", motion, None, None, len(lines), (), not_run=runner.missing)


def _curves(runners: Sequence[Runner], perfect: Sequence[Evidence], progress: Progress) -> tuple[Curve, ...]:
    following = [runner for runner in runners if runner.metric is not None and "tracks" in runner.spec.needs]
    found = []
    for done, runner in enumerate(following, start=1):
        found += [_curve(runner, damage, perfect) for damage in DAMAGES]
        progress("curves", done, len(following))
    return tuple(found)


def _curve(runner: Runner, damage: Damage, perfect: Sequence[Evidence]) -> Curve:
    columns = [
        [runner.read(_damaged(evidence, damage, amount, place)).value for place, evidence in enumerate(perfect)]
        for amount in damage.amounts
    ]
    kept = [[value for value in column if value is not None] for column in columns]
    means = tuple(_mean(column) for column in kept)
    return Curve(runner.spec.name, damage.name, damage.unit, damage.amounts, means, tuple(map(len, kept)))


def _damaged(evidence: Evidence, damage: Damage, amount: float, place: int) -> Evidence:
    if evidence.tracks is None:
        raise ValueError(f"the perfect transfer of {evidence.case.id} has no tracks")
    tracks = damage.apply(evidence.tracks, amount, np.random.default_rng([known_motion.FIRST_SEED, place]))
    return Evidence(evidence.case, evidence.video, tracks, evidence.reference_tracks)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
