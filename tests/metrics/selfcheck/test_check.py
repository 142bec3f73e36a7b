"""The self-check as a whole, on two clips and the renderer's own tracks."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from motionbench import registry
from motionbench.contracts import Evidence
from motionbench.errors import MissingResourceError, Undefined, UsageError
from motionbench.metrics.selfcheck import known_motion, scoring
from motionbench.metrics.selfcheck.check import check
from motionbench.metrics.selfcheck.controls import CONTROLS
from motionbench.metrics.selfcheck.records import SelfCheck
from motionbench.metrics.selfcheck.scoring import Runner
from motionbench.types import CATEGORIES, Protocol

PROTOCOL = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
LOCAL = registry.metric("motion_fidelity[local]")
MAKE = {control.name: control.make for control in CONTROLS}


@pytest.fixture(scope="module")
def found() -> SelfCheck:
    """A camera's clip and a single object's."""
    specs = [LOCAL, registry.metric("motion_fidelity[dmt]")]
    return check(specs, PROTOCOL, 2, exact=True)


def test_local_is_admitted_on_a_pan_and_a_line(found: SelfCheck) -> None:
    verdict = found.verdicts[0]
    assert (verdict.metric, verdict.admitted, verdict.ordered) == ("motion_fidelity[local]", True, 2)
    assert found.cell("motion_fidelity[local]", "frozen").mean == 0.0
    assert found.cell("motion_fidelity[local]", "one-percent").mean == pytest.approx(0.0, abs=0.02)


def test_the_published_form_is_not_admitted_and_its_blindness_to_speed_is_named(found: SelfCheck) -> None:
    verdict = found.verdicts[1]
    assert (verdict.metric, verdict.admitted) == ("motion_fidelity[dmt]", False)
    assert {"half-speed", "one-percent"} <= set(verdict.fooled_by)
    assert verdict.misorders[0].motion == "pan"


def test_a_control_that_makes_no_sense_is_absent_and_one_without_a_value_has_a_reason(found: SelfCheck) -> None:
    absent = found.cell("motion_fidelity[local]", "swapped")
    assert (absent.mean, absent.n, absent.absent, absent.reasons) == (None, 0, 2, ())
    undefined = found.cell("motion_fidelity[dmt]", "frozen")
    assert (undefined.mean, undefined.n, undefined.absent) == (None, 0, 0)
    assert "stands still" in undefined.reasons[0]


def test_the_record_names_whatever_decided_it_and_is_plain_json(found: SelfCheck) -> None:
    assert (found.tracks, found.protocol, found.encoder) == ("exact", "mini-v1", "")
    assert [clip.motion for clip in found.clips] == ["pan", "linear"]
    assert min(clip.motion_seed for clip in found.clips) == 1_500_000
    assert found.verdicts[0].signature.startswith("mf|var:local|")
    data = json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))
    assert data["schema_version"] == 1
    assert len(data["cells"]) == 2 * len(CONTROLS)


def test_curves_fall_with_delay_freezing_and_noise_and_peak_at_the_whole_amplitude(found: SelfCheck) -> None:
    local = {curve.damage: curve for curve in found.curves if curve.metric == "motion_fidelity[local]"}
    for damage in ("noise", "delay", "frozen"):
        means = [mean for mean in local[damage].means if mean is not None]
        assert means == sorted(means, reverse=True)
    amplitude = local["amplitude"]
    best = int(np.argmax([-1.0 if mean is None else mean for mean in amplitude.means]))
    assert amplitude.amounts[best] == 1.0
    assert amplitude.n == (2,) * len(amplitude.amounts)


def test_all_categories_and_motions_take_turns() -> None:
    clips = known_motion.clips(28, PROTOCOL)
    assert [clip.reference.category for clip in clips[:4]] == list(CATEGORIES)
    assert len({(clip.reference.category, clip.reference.motion) for clip in clips}) == 21
    assert len({clip.reference.motion_seed for clip in clips}) == 28


def test_several_objects_have_every_control() -> None:
    clip = known_motion.clips(3, PROTOCOL)[2]
    assert clip.reference.category == "multi_object"
    shots = {name: make(clip) for name, make in MAKE.items()}
    assert all(shot is not None and shot.video.size == (17, 64, 64) for shot in shots.values())
    digests = {name: shot.video.digest() for name, shot in shots.items() if shot is not None}
    assert digests["half-speed"] == digests["slow-motion"], "crossing is uniform motion in a line"
    assert len(set(digests.values())) == len(CONTROLS) - 1


def test_the_prompt_names_the_look_of_the_perfect_transfer() -> None:
    clip = known_motion.clips(1, PROTOCOL)[0]
    case = known_motion.case(clip)
    assert case.prompt != case.reference_prompt
    copied = MAKE["copy"](clip)
    assert copied is not None
    assert copied.video.digest() == case.reference.digest()


def test_no_clip_and_an_oblong_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one clip, got 0"):
        check([LOCAL], PROTOCOL, 0, exact=True)
    with pytest.raises(ValueError, match="known motion is square, the protocol mini-v1 is 96x64"):
        check([LOCAL], dataclasses.replace(PROTOCOL, width=96), 1, exact=True)


def test_a_tracker_that_cannot_follow_these_clips_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_tracks(video: object, queries: object) -> None:
        raise Undefined("no exact tracks of this video")

    monkeypatch.setattr(registry, "implementation", lambda spec: lambda *_: no_tracks)
    with pytest.raises(
        UsageError, match=r"(?s)the tracker dis-flow cannot follow .* or leave --tracker out for the exact tracks"
    ):
        check([], PROTOCOL, 1, exact=False)


class _Raising:
    signature = "raising|v1"

    def __init__(self, error: Exception | float) -> None:
        self._error = error

    def __call__(self, evidence: Evidence) -> float:
        if isinstance(self._error, Exception):
            raise self._error
        return self._error


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Undefined("nothing moves"), "nothing moves"),
        (RuntimeError("boom"), "RuntimeError: boom"),
        (float("nan"), "the value is nan"),
    ],
)
def test_whatever_a_metric_does_becomes_a_reason(outcome: Exception | float, reason: str) -> None:
    clip = known_motion.clips(1, PROTOCOL)[0]
    case = known_motion.case(clip)
    reading = Runner(LOCAL, _Raising(outcome)).read(Evidence(case, case.reference))
    assert (reading.value, reading.reason) == (None, reason)


def test_a_metric_that_is_not_here_is_named_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(spec: object) -> object:
        raise MissingResourceError("no weights of score\nFetch them")

    monkeypatch.setattr(scoring.registry, "implementation", missing)
    runner = scoring.runner(LOCAL, PROTOCOL, None)
    assert (runner.metric, runner.missing) == (None, "no weights of score")


def test_leakage_finds_the_copy_and_clears_the_perfect_transfer() -> None:
    found = check([registry.metric("leakage")], PROTOCOL, 4)
    row = {cell.control: cell.mean for cell in found.cells}
    assert row["copy"] == pytest.approx(1.0)
    assert row["oracle"] is not None
    assert row["oracle"] < 0.3
