import dataclasses
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from motionbench import registry
from motionbench.errors import InvalidOutputError, UsageError
from motionbench.methods.motion_director.losses import TemporalLoss
from motionbench.methods.motion_inversion import embedding_files
from motionbench.methods.motion_inversion.embeddings import added
from motionbench.methods.motion_inversion.method import MotionInversion
from motionbench.methods.motion_inversion.options import MotionInversionOptions
from motionbench.methods.tuner.losses import flow_matching, mean_squared_error
from motionbench.methods.tuner.training import Draws, draw_loss
from motionbench.mini.world import Recipe, render
from motionbench.types import Annotation, Case

QUICK = {"blocks": "all", "steps": 3, "learning_rate": 0.05, "batch_size": 2}
FILE = "embeddings.safetensors"


def _method(backbone, **options):
    return MotionInversion(backbone, QUICK | options)


@pytest.fixture(scope="module")
def tuned(tiny, backbone, tmp_path_factory):
    """A finished folder and what tuning reported."""
    folder = tmp_path_factory.mktemp("motion-inversion")
    return folder, _method(backbone).tune(tiny.case(prompt=""), seed=0, directory=folder)


@pytest.mark.parametrize(
    ("blocks", "count", "chosen"),
    [("all", 3, (0, 1, 2)), ("middle", 30, tuple(range(10, 20))), ("middle", 2, (0, 1)), ("5,0,5", 6, (0, 5))],
)
def test_blocks_are_chosen_by_number_or_by_word(blocks, count, chosen):
    assert MotionInversionOptions(blocks=blocks).chosen_blocks(count) == chosen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 4}, "motion-inversion has no option 'step'; did you mean 'steps'"),
        ({"steps": 0}, "motion-inversion.steps=0; expected 1 or more"),
        ({"scale": 0}, "motion-inversion.scale=0.0; expected a positive number"),
        ({"value_form": "mean"}, "expected one of differenced, release, raw, none"),
        ({"blocks": "last"}, "motion-inversion.blocks='last'; expected numbers with commas, middle or all"),
        ({"blocks": "1,3"}, "motion-inversion.blocks=1,3; the backbone has blocks 0 to 2"),
    ],
)
def test_a_wrong_option_is_refused(backbone, options, message):
    with pytest.raises(UsageError) as error:
        _method(backbone, **options)
    assert message in str(error.value)


def test_the_folder_holds_the_embeddings_and_the_report_counts_them(tuned):
    folder, report = tuned
    assert {path.name for path in folder.iterdir()} == {"report.json", FILE}
    frames, rows, columns, width = 5, 4, 4, 64
    assert report.trainable_parameters == 3 * width * frames * (1 + rows * columns)
    embeddings = embedding_files.load(folder / FILE)
    assert embeddings.grid.shape == (frames, rows, columns)
    assert all(bool(weight.any()) for weight in embeddings.state_dict().values())


@pytest.mark.parametrize(("loss", "expected"), [("plain", flow_matching), ("debiased", TemporalLoss())])
def test_draws_and_losses_are_those_of_the_shared_tuner(tiny, backbone, loss, expected):
    latents, embeds = tiny.latents(frames=5), backbone.embed("a red star")
    method = _method(backbone, loss=loss, tuning_shift=3.0, loss_weighting="bell")
    stage = SimpleNamespace(latents=latents, embeds=embeds, draws=Draws(2, 3.0, "bell"), loss=expected)
    with torch.no_grad():
        found = method._draw_loss(latents, embeds, torch.Generator().manual_seed(4))
        wanted = draw_loss(backbone, stage, torch.Generator().manual_seed(4))
    assert torch.equal(found, wanted)


def test_seed_prompt_scale_value_form_and_tuning_seed_all_matter(tiny, backbone, tuned, tmp_path):
    _method(backbone).tune(tiny.case(), seed=1, directory=tmp_path)
    case, folder = tiny.case(), tuned[0]
    other = dataclasses.replace(case, prompt="a green star moves")
    videos = [
        _method(backbone).generate(case, folder, seed=1),
        _method(backbone).generate(case, folder, seed=2),
        _method(backbone).generate(other, folder, seed=1),
        _method(backbone).generate(case, tmp_path, seed=1),
        _method(backbone, scale=4.0).generate(case, folder, seed=1),
        *(_method(backbone, value_form=form).generate(case, folder, seed=1) for form in ("release", "raw", "none")),
        backbone.generate(case.prompt, seed=1),
    ]
    assert len({video.digest() for video in videos}) == len(videos)
    assert {video.size for video in videos} == {case.reference.size}
    assert _method(backbone).generate(case, folder, seed=1).digest() == videos[0].digest()


def test_embeddings_that_change_nothing_are_an_error(tiny, backbone, tuned, tmp_path):
    (tmp_path / "report.json").write_bytes((tuned[0] / "report.json").read_bytes())
    save_file({key: torch.zeros_like(weight) for key, weight in load_file(tuned[0] / FILE).items()}, tmp_path / FILE)
    with pytest.raises(InvalidOutputError, match="motion-inversion: the embeddings do not change the backbone's out"):
        _method(backbone).generate(tiny.case(), tmp_path, seed=1)


@pytest.mark.slow
def test_a_few_steps_change_mini_wans_video_and_lower_its_loss(tmp_path):
    spec = registry.backbone("mini-wan")
    mini = registry.implementation(spec)(dataclasses.replace(spec, steps=2))
    clip = render(Recipe("camera", "pan", 1_300_000, 1_300_001))
    case = Case(
        "pan/0", "mine", "camera", clip.video, "pan", "a blue square on a green field", clip.caption, Annotation()
    )
    preset = {**registry.method("motion-inversion").presets["mini"], "steps": 8, "lr_schedule": "constant"}
    method = MotionInversion(mini, preset)
    method.tune(case, seed=0, directory=tmp_path)
    assert method.generate(case, tmp_path, seed=0).digest() != mini.generate(case.prompt, seed=0).digest()

    @torch.no_grad()
    def error():
        latents, generator = mini.encode(case.reference), torch.Generator().manual_seed(3)
        noise = torch.randn((8, *latents.shape[1:]), generator=generator)
        found = mini.velocity(0.1 * latents + 0.9 * noise, torch.full((8,), 0.9), mini.embed(case.reference_prompt))
        return float(mean_squared_error(found, noise - latents).mean())

    before = error()
    with added(mini.transformer, embedding_files.load(tmp_path / FILE)):
        assert error() < before
