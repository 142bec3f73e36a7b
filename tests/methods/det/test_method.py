import dataclasses
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from motionbench import registry
from motionbench.backbones.flow_matching import interpolate, shifted
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import InvalidOutputError, MissingResourceError, UsageError
from motionbench.methods.det import kernel_files
from motionbench.methods.det.kernels import beside
from motionbench.methods.det.method import Det, grid_points
from motionbench.methods.det.tracking import LatentTracks, tracking_loss
from motionbench.methods.tuner.losses import LEVELS, flow_matching, mean_squared_error
from motionbench.methods.tuner.training import Draws, draw_loss
from motionbench.mini.world import Recipe, render
from motionbench.types import Annotation, Case, Tracks, Video

QUICK = {
    "steps": 3,
    "bottleneck": 4,
    "initial": "scaled",
    "learning_rate": 0.05,
    "batch_size": 2,
    "track_grid": 3,
    "tracking_below": 1.0,
}
FILE = "kernels.safetensors"


def _method(backbone, **options):
    return Det(backbone, QUICK | options)


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    """A finished folder and what tuning reported."""
    folder = tmp_path_factory.mktemp("det")
    return folder, _method(backbone).tune(tiny.case(prompt=""), seed=0, directory=folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 4}, "det has no option 'step'; did you mean 'steps'"),
        ({"steps": 0}, "det.steps=0; expected 1 or more"),
        ({"bottleneck": 0}, "det.bottleneck=0; expected 1 or more"),
        ({"kernel_size": 4}, "det.kernel_size=4; expected an odd number of latent frames"),
        ({"dropped": 1}, "det.dropped=1.0; expected 0 or more and less than 1"),
        ({"dropped": -0.5}, "det.dropped=-0.5; expected 0 or more and less than 1"),
        ({"tracking_weight": -1}, "det.tracking_weight=-1.0; expected 0 or more"),
        ({"initial": "zero"}, "det.initial='zero'; expected one of unit, scaled"),
        ({"scale": 0}, "det.scale=0.0; expected a positive number"),
        ({"lr_schedule": "linear"}, "expected one of constant, cosine"),
        ({"tracker": "cotracker"}, "no tracker named 'cotracker'; did you mean 'cotracker3'"),
    ],
)
def test_a_wrong_option_is_refused(backbone, options, message):
    with pytest.raises(UsageError) as error:
        _method(backbone, **options)
    assert message in str(error.value)


def test_the_folder_holds_the_kernels_and_the_report_counts_them(tuned):
    folder, report = tuned
    assert {path.name for path in folder.iterdir()} == {"report.json", FILE}
    blocks, width, bottleneck, size = 3, 64, 4, 3
    assert report.trainable_parameters == blocks * bottleneck * (2 * width + bottleneck * size)
    kernels = kernel_files.load(folder / FILE)
    assert (len(kernels), kernels.width, kernels.bottleneck, kernels.size) == (blocks, width, bottleneck, size)
    assert all(bool(weight.any()) for weight in kernels.state_dict().values())


@torch.no_grad()
def _error(backbone, case, kernels=None):
    """Of velocities at noise level 0.9, with the kernels where there are some."""
    latents, sigma = backbone.encode(case.reference), torch.full((8,), 0.9)
    noise = torch.randn((8, *latents.shape[1:]), generator=torch.Generator().manual_seed(99))
    grid = TokenGrid.for_transformer(backbone.transformer, latents)
    with nullcontext() if kernels is None else beside(backbone.transformer, kernels, grid, kept=len(kernels)):
        found = backbone.velocity(interpolate(latents, noise, sigma), sigma, backbone.embed(case.reference_prompt))
    return float(mean_squared_error(found, noise - latents).mean())


def test_tuning_lowers_the_loss_of_noise_it_has_not_seen(tiny, backbone, tmp_path):
    case = tiny.case(prompt="")
    _method(backbone, steps=30, learning_rate=0.03, bottleneck=16, batch_size=4).tune(case, seed=0, directory=tmp_path)
    assert _error(backbone, case, kernel_files.load(tmp_path / FILE)) < 0.9 * _error(backbone, case)


@torch.no_grad()
def test_draws_and_velocity_loss_are_those_of_the_shared_tuner(tiny, backbone):
    latents, embeds = tiny.latents(frames=5), backbone.embed("a red star")
    method = _method(backbone, tuning_shift=3.0, loss_weighting="bell")
    stage = SimpleNamespace(latents=latents, embeds=embeds, draws=Draws(2, 3.0, "bell"), loss=flow_matching)
    found = method._draw_loss(latents, embeds, None, torch.Generator().manual_seed(4))
    assert torch.equal(found, draw_loss(backbone, stage, torch.Generator().manual_seed(4)))


def _tracks():
    generator = torch.Generator().manual_seed(8)
    return LatentTracks(torch.randint(8, (6, 5, 2), generator=generator), torch.ones(6, 5, dtype=torch.bool))


@torch.no_grad()
def test_the_tracking_loss_is_that_of_the_clean_latents_as_predicted_at_low_noise(tiny, backbone):
    latents, embeds, tracks = tiny.latents(frames=5), backbone.embed("a red star"), _tracks()
    options = {"batch_size": 6, "tuning_shift": 1.0, "tracking_weight": 0.7, "tracking_below": 0.5}
    losses = [
        _method(backbone, **options)._draw_loss(latents, embeds, given, torch.Generator().manual_seed(4))
        for given in (tracks, None)
    ]
    generator = torch.Generator().manual_seed(4)
    torch.randint(1, (6,), generator=generator)
    noise = torch.randn((6, *latents.shape[1:]), generator=generator)
    sigma = shifted(1 - torch.randint(LEVELS, (6,), generator=generator) / LEVELS, 1.0)
    low = sigma <= 0.5
    assert 0 < low.sum() < 6
    noisy = interpolate(latents.expand_as(noise), noise, sigma)
    estimate = noisy - sigma.view(-1, 1, 1, 1, 1) * backbone.velocity(noisy, sigma, embeds)
    expected = 0.7 * tracking_loss(estimate, tracks)[low].sum() / 6
    torch.testing.assert_close(losses[0] - losses[1], expected, rtol=1e-5, atol=1e-6)


def test_points_start_on_the_centres_of_a_grid():
    video = Video(np.zeros((1, 4, 8, 3), np.uint8), 8.0)
    assert grid_points(2, video).tolist() == [[1.5, 0.5], [5.5, 0.5], [1.5, 2.5], [5.5, 2.5]]


def test_the_points_of_the_reference_are_followed_into_its_latents(tiny, backbone, monkeypatch, tmp_path):
    case, seen = tiny.case(prompt=""), []

    def exact():
        """The tracker of tiny_wan's clip, which moves left by 2 pixels a frame."""

        def follow(video, points):
            assert video is case.reference
            xy = points[:, None] - np.array([2, 0]) * np.arange(len(video.frames))[:, None]
            return Tracks(xy.astype(np.float32), np.ones(xy.shape[:2], bool))

        return follow

    def watch(method, latents, embeds, tracks, generator):
        seen.append(tracks)
        return draw(method, latents, embeds, tracks, generator)

    draw = Det._draw_loss
    monkeypatch.setattr(registry, "implementation", lambda spec: exact)
    monkeypatch.setattr(Det, "_draw_loss", watch)
    _method(backbone, steps=1, track_grid=4).tune(case, seed=0, directory=tmp_path)
    # A latent frame stands for 2 frames and an entry for 4 pixels: the points move by one column of 8 a latent frame.
    columns, rows = seen[0].places.unbind(-1)
    assert columns.tolist() == 4 * [[max(start - frame, 0) for frame in range(5)] for start in (1, 3, 5, 7)]
    assert rows.tolist() == [5 * [row] for row in (1, 3, 5, 7) for _ in range(4)]
    assert seen[0].visible.tolist() == 4 * [[frame <= start for frame in range(5)] for start in (1, 3, 5, 7)]


def test_tracking_changes_what_is_learnt_unless_it_has_no_weight(tiny, backbone, tuned, tmp_path, monkeypatch):
    monkeypatch.setenv("MOTIONBENCH_COTRACKER_DIR", str(tmp_path))
    without = _method(backbone, tracking_weight=0.0, tracker="cotracker3")
    without.tune(tiny.case(prompt=""), seed=0, directory=tmp_path)
    assert (tmp_path / FILE).read_bytes() != (tuned[0] / FILE).read_bytes()


def test_the_initial_draw_is_an_option(tiny, backbone, tuned, tmp_path):
    _method(backbone, initial="unit").tune(tiny.case(prompt=""), seed=0, directory=tmp_path)
    unit, scaled = (load_file(folder / FILE)["blocks.0.down"] for folder in (tmp_path, tuned[0]))
    assert unit.std() > 5 * scaled.std()


@pytest.mark.parametrize(
    ("tracker", "error", "message"),
    [
        ("cotracker3", MissingResourceError, "the tracker 'cotracker3' needs a local copy of CoTracker3"),
        ("ground_truth", UsageError, "det.tracker=ground_truth: no exact tracks of this video"),
    ],
)
def test_a_tracker_that_cannot_follow_is_an_error_before_anything_is_encoded(
    tiny, backbone, tmp_path, monkeypatch, tracker, error, message
):
    monkeypatch.setenv("MOTIONBENCH_COTRACKER_DIR", str(tmp_path))
    monkeypatch.setattr(backbone, "encode", lambda video: pytest.fail("encoded"))
    with pytest.raises(error, match=message):
        _method(backbone, tracker=tracker).tune(tiny.case(prompt=""), seed=0, directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_seed_prompt_scale_dropped_blocks_and_tuning_seed_all_matter(tiny, backbone, tuned, tmp_path):
    _method(backbone).tune(tiny.case(), seed=1, directory=tmp_path)
    case, folder = tiny.case(), tuned[0]
    other = dataclasses.replace(case, prompt="a green star moves")
    videos = [
        _method(backbone).generate(case, folder, seed=1),
        _method(backbone).generate(case, folder, seed=2),
        _method(backbone).generate(other, folder, seed=1),
        _method(backbone).generate(case, tmp_path, seed=1),
        _method(backbone, scale=4.0).generate(case, folder, seed=1),
        _method(backbone, dropped=0.0).generate(case, folder, seed=1),
        _method(backbone, dropped=0.7).generate(case, folder, seed=1),
        backbone.generate(case.prompt, seed=1),
    ]
    assert len({video.digest() for video in videos}) == len(videos)
    assert {video.size for video in videos} == {case.reference.size}
    assert _method(backbone).generate(case, folder, seed=1).digest() == videos[0].digest()


def test_kernels_that_change_nothing_are_an_error(tiny, backbone, tuned, tmp_path):
    (tmp_path / "report.json").write_bytes((tuned[0] / "report.json").read_bytes())
    weights = load_file(tuned[0] / FILE)
    weights["blocks.0.up"].zero_()
    save_file(weights, tmp_path / FILE)
    with pytest.raises(InvalidOutputError, match="det: the kernels do not change the backbone's output"):
        _method(backbone, dropped=0.7).generate(tiny.case(), tmp_path, seed=1)
    _method(backbone, dropped=0.0).generate(tiny.case(), tmp_path, seed=1)


@pytest.mark.slow
def test_a_few_steps_change_mini_wans_video_and_lower_its_loss(tmp_path):
    spec = registry.backbone("mini-wan")
    mini = registry.implementation(spec)(dataclasses.replace(spec, steps=2))
    clip = render(Recipe("camera", "pan", 1_300_000, 1_300_001))
    case = Case(
        "pan/0", "mine", "camera", clip.video, "pan", "a blue square on a green field", clip.caption, Annotation()
    )
    preset = {**registry.method("det").presets["mini"], "steps": 8, "lr_schedule": "constant"}
    method = Det(mini, preset)
    method.tune(case, seed=0, directory=tmp_path)
    assert method.generate(case, tmp_path, seed=0).digest() != mini.generate(case.prompt, seed=0).digest()
    assert _error(mini, case, kernel_files.load(tmp_path / FILE)) < _error(mini, case)
