import numpy as np
import pytest

from motionbench import registry
from motionbench.contracts import Method
from motionbench.errors import Declined, UsageError
from motionbench.methods.controls import spec
from motionbench.specs import MethodSpec

SPECS = [value for value in vars(spec).values() if isinstance(value, MethodSpec)]


def _generate(control, case, backbone=None, seed=0):
    method = registry.implementation(control)(backbone, {})
    assert isinstance(method, Method)
    return method.generate(case, None, seed=seed, progress=lambda *step: None)


@pytest.mark.parametrize("control", SPECS, ids=lambda control: control.name)
def test_every_control_says_that_it_is_one_and_takes_no_option(control):
    assert control.control
    assert control.status == "control"
    assert not control.tuned
    with pytest.raises(UsageError, match="takes no options, got"):
        registry.implementation(control)(None, {"strength": 1})


def test_all_six_are_there():
    assert {control.name for control in SPECS} == {
        "backbone",
        "copy-reference",
        "frozen",
        "time-reversed",
        "other-clip",
        "oracle",
    }


def test_the_backbones_video_is_its_own_for_the_prompt_and_seed(tiny, backbone):
    case = tiny.case()
    found = _generate(spec.BACKBONE, case, backbone, seed=3)
    assert found.digest() == backbone.generate(case.prompt, seed=3).digest()
    assert found.digest() != _generate(spec.BACKBONE, case, backbone, seed=4).digest()


def test_frozen_repeats_the_first_frame_of_the_backbones_video(tiny, backbone):
    moving, still = (_generate(control, tiny.case(), backbone, seed=3) for control in (spec.BACKBONE, spec.FROZEN))
    assert still.size == moving.size
    assert (still.frames == moving.frames[0]).all()


def test_copy_reference_is_the_reference(tiny):
    case = tiny.case()
    assert _generate(spec.COPY_REFERENCE, case) is case.reference


def test_time_reversed_plays_the_perfect_transfer_backwards_or_else_the_reference(tiny):
    perfect = tiny.video(7)
    known, unknown = tiny.case(perfect=perfect), tiny.case()
    assert np.array_equal(_generate(spec.TIME_REVERSED, known).frames[::-1], perfect.frames)
    assert np.array_equal(_generate(spec.TIME_REVERSED, unknown).frames[::-1], unknown.reference.frames)


def test_other_clip_and_oracle_hand_out_what_the_case_knows_and_decline_without(tiny):
    case = tiny.case(other=tiny.video(1), perfect=tiny.video(2))
    assert _generate(spec.OTHER_CLIP, case) is case.other
    assert _generate(spec.ORACLE, case) is case.perfect
    with pytest.raises(Declined, match="no other reference video"):
        _generate(spec.OTHER_CLIP, tiny.case())
    with pytest.raises(Declined, match="procedural clips only"):
        _generate(spec.ORACLE, tiny.case())


@pytest.mark.parametrize("control", [spec.BACKBONE, spec.FROZEN], ids=lambda control: control.name)
def test_a_control_that_needs_a_backbone_says_so(tiny, control):
    with pytest.raises(UsageError, match="needs a backbone"):
        _generate(control, tiny.case())
