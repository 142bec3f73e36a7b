import numpy as np
import pytest
import torch

from motionbench.methods.det.tracking import LatentTracks, latent_tracks, tracking_loss
from motionbench.types import Tracks


def _tracks(places, visible=None):
    """One list of (column, row) a point."""
    places = torch.tensor(places)
    return LatentTracks(places, torch.ones(places.shape[:2], dtype=torch.bool) if visible is None else visible)


def _shifted_clip(frames=4, size=6, by=1):
    """A random picture that moves right by whole entries, [1, 2, F, h, w], and tracks of three of its points."""
    wide = torch.randn(1, 2, size, size + frames * by, generator=torch.Generator().manual_seed(0))
    views = [wide[..., (frames - frame) * by : (frames - frame) * by + size] for frame in range(frames)]
    places = [[(column + frame * by, row) for frame in range(frames)] for column, row in ((0, 0), (1, 3), (2, 5))]
    return torch.stack(views, dim=2), _tracks(places)


def test_the_loss_of_a_hand_worked_case():
    estimate = torch.tensor([[1.0, 0, 0, 0], [0, 4, 0, 0], [0, 0, 0, 2]]).view(1, 1, 3, 1, 4)
    places = [[(0, 0), (1, 0), (3, 0)]]
    assert tracking_loss(estimate, _tracks(places)).tolist() == [(9 + 4) / 2]
    hidden = torch.tensor([[True, True, False]])
    assert tracking_loss(estimate, _tracks(places, hidden)).tolist() == [9 / 2]
    assert tracking_loss(estimate, _tracks(places, torch.tensor([[True, False, True]]))).tolist() == [0]


def test_every_item_has_a_loss_of_its_own_that_does_not_see_the_others():
    clip, tracks = _shifted_clip()
    both = tracking_loss(torch.cat([clip, clip.flip(2)]), tracks)
    assert both.shape == (2,)
    assert both[0] == 0
    assert both[1] == tracking_loss(clip.flip(2), tracks)[0] > 0


def test_a_clip_that_moves_as_the_tracks_do_has_no_loss_whatever_it_shows():
    clip, tracks = _shifted_clip()
    still = clip[:, :, :1].expand_as(clip)
    assert tracking_loss(clip, tracks).tolist() == [0]
    assert tracking_loss(3 * clip - 1, tracks).tolist() == [0]
    assert tracking_loss(still, tracks).item() > 0


def test_the_loss_grows_with_noise_on_the_clip():
    clip, tracks = _shifted_clip()
    noise = torch.randn(clip.shape, generator=torch.Generator().manual_seed(1))
    losses = [tracking_loss(clip + level * noise, tracks).item() for level in (0, 0.1, 0.3, 1)]
    assert losses == sorted(losses)
    assert losses[1] > 0


def test_the_loss_is_the_mean_of_all_steps_written_as_loops():
    generator = torch.Generator().manual_seed(2)
    estimate = torch.randn(2, 3, 5, 4, 6, generator=generator)
    columns, rows = (torch.randint(most, (7, 5), generator=generator) for most in (6, 4))
    visible = torch.rand(7, 5, generator=generator) > 0.3
    expected = torch.zeros(2)
    for point in range(7):
        for step in range(4):
            before, after = (
                estimate[:, :, frame, rows[point, frame], columns[point, frame]] for frame in (step, step + 1)
            )
            if visible[point, step] and visible[point, step + 1]:
                expected += (after - before).square().sum(dim=1)
    found = tracking_loss(estimate, LatentTracks(torch.stack([columns, rows], dim=-1), visible))
    torch.testing.assert_close(found, expected / (7 * 4 * 3), rtol=1e-5, atol=1e-6)


def test_points_that_are_not_seen_do_not_count():
    clip, tracks = _shifted_clip()
    visible = tracks.visible.clone()
    visible[1] = False
    spoilt = clip.clone()
    columns, rows = tracks.places[1].unbind(-1)
    spoilt[:, :, torch.arange(4), rows, columns] += 5 * torch.arange(4)
    assert tracking_loss(spoilt, tracks).item() > 0
    assert tracking_loss(spoilt, LatentTracks(tracks.places, visible)).tolist() == [0]


def test_the_gradient_reaches_only_what_lies_on_seen_steps():
    clip = torch.randn(1, 2, 3, 4, 4, generator=torch.Generator().manual_seed(3)).requires_grad_()
    places = [[(0, 0), (1, 0), (2, 0)], [(3, 3), (3, 2), (3, 1)]]
    visible = torch.tensor([[True, True, True], [True, True, False]])
    tracking_loss(clip, _tracks(places, visible)).sum().backward()
    reached = {tuple(place) for place in clip.grad[0].abs().sum(dim=0).nonzero().tolist()}
    assert reached == {(0, 0, 0), (1, 0, 1), (2, 0, 2), (0, 3, 3), (1, 2, 3)}


def test_tracks_lie_in_the_entry_whose_pixels_hold_them_at_the_frame_it_ends_with():
    xy = np.zeros((2, 5, 2), np.float32)
    xy[0, :, 0] = [0, 7, 3.4, 7, 3.6]
    xy[0, :, 1] = [7.4, 0, 8 - 0.51, 0, 4]
    xy[1, :, 0] = [-0.5, 0, 7.6, 0, -0.6]
    visible = np.ones((2, 5), bool)
    visible[0, 4] = False
    found = latent_tracks(Tracks(xy, visible), (5, 16, 8), (3, 4, 2))
    # Of 8 pixels 4 a column, of 16 pixels 4 a row; frames 0, 2 and 4 of the video.
    assert found.places[0].tolist() == [[0, 1], [0, 1], [1, 1]]
    assert found.places[1].tolist() == [[0, 0], [1, 0], [0, 0]]
    assert found.visible.tolist() == [[True, True, False], [True, False, False]]


def test_wans_latent_frames_take_the_last_of_their_frames():
    xy = np.repeat(np.arange(17, dtype=np.float32)[None, :, None], 2, axis=2)
    found = latent_tracks(Tracks(xy, np.ones((1, 17), bool)), (17, 17, 17), (5, 17, 17))
    assert found.places[0, :, 0].tolist() == [0, 4, 8, 12, 16]


def test_tracks_that_do_not_fit_are_refused():
    clip, tracks = _shifted_clip()
    with pytest.raises(ValueError, match="tracks of 4 latent frames do not follow 3"):
        tracking_loss(clip[:, :, :3], tracks)
    with pytest.raises(ValueError, match="two or more"):
        tracking_loss(clip[:, :, :1], LatentTracks(tracks.places[:, :1], tracks.visible[:, :1]))
    with pytest.raises(ValueError, match=r"places \[N, F, 2\] and visible \[N, F\], got \(3, 4, 2\) and \(3, 3\)"):
        LatentTracks(tracks.places, tracks.visible[:, :3])
    pixels = Tracks(np.zeros((1, 4, 2), np.float32), np.ones((1, 4), bool))
    with pytest.raises(ValueError, match="tracks of 4 frames are not of a video of 5"):
        latent_tracks(pixels, (5, 8, 8), (3, 2, 2))
