from itertools import pairwise

import pytest

from motionbench.errors import UsageError
from motionbench.methods.fym.sparse import default_stride, rope_scale, sparse_indices


@pytest.mark.parametrize(("frames", "stride", "left"), [(81, 5, 17), (17, 2, 9), (17, 1, 17)])
def test_both_ends_are_kept(frames, stride, left):
    indices = sparse_indices(frames, stride)
    assert len(indices) == left
    assert (indices[0], indices[-1]) == (0, frames - 1)
    assert {second - first for first, second in pairwise(indices)} == {stride}


@pytest.mark.parametrize("stride", [3, 0, 32])
def test_a_stride_that_loses_the_end_is_refused_with_those_that_fit(stride):
    with pytest.raises(UsageError, match=rf"fym.stride={stride} .* 17 frames; .*\[1, 2, 4, 8, 16\]"):
        sparse_indices(17, stride)


@pytest.mark.parametrize(("frames", "compression", "stride"), [(81, 4, 5), (17, 4, 2), (17, 2, 4), (9, 4, 1)])
def test_the_default_stride_is_the_papers_or_the_nearest_that_leaves_three_latents(frames, compression, stride):
    assert default_stride(frames, compression) == stride


def test_the_scales_of_the_papers_example():
    def scale(rule):
        return rope_scale(rule, stride=5, frames=(81, 17), latents=(21, 5))

    assert scale("stride") == 5
    assert scale("frame-ratio") == pytest.approx(4.76, abs=0.005)
    assert scale("latent-ratio") == pytest.approx(4.2)
    assert scale("one") == 1


@pytest.mark.parametrize("rule", ["stride", "frame-ratio", "latent-ratio"])
def test_all_frames_mean_native_positions(rule):
    assert rope_scale(rule, stride=1, frames=(17, 17), latents=(5, 5)) == 1
