import numpy as np
import torch

from motionbench.methods.tuner import views
from motionbench.types import Video


def test_each_frame_is_encoded_as_if_there_were_no_other(tiny, backbone):
    video = tiny.video()
    latents = views.single_frames(backbone, video)
    assert latents.shape[:3] == (tiny.FRAMES, 4, 1)
    assert torch.equal(latents[4:5], backbone.encode(Video(video.frames[4:5], video.fps)))


def test_the_sparse_clip_is_the_chosen_frames_as_a_clip_and_all_of_them_are_the_whole_clip(tiny, backbone):
    video = tiny.video()
    sparse = views.sparse_clip(backbone, video, range(0, tiny.FRAMES, 2), 2)
    expected = backbone.encode(Video(np.ascontiguousarray(video.frames[::2]), video.fps / 2))
    assert torch.equal(sparse, expected)
    assert sparse.shape[2] == 3
    everything = views.sparse_clip(backbone, video, range(tiny.FRAMES), 1)
    assert torch.equal(everything, views.whole_clip(backbone, video))
