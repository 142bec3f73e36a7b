import dataclasses
import subprocess
import sys

import pytest

from motionbench import options, registry
from motionbench.errors import UsageError
from motionbench.methods.fym.head_table import block_size_for
from motionbench.methods.fym.options import FymOptions
from motionbench.methods.fym.sparse import default_stride, sparse_indices
from motionbench.methods.fym.spec import SPEC


def test_the_specs_defaults_are_the_options_defaults():
    assert FymOptions.of(SPEC.defaults) == FymOptions()


@pytest.mark.parametrize("preset", SPEC.presets)
def test_every_preset_names_valid_options(preset):
    assert FymOptions.of(SPEC.presets[preset]) != FymOptions()


def test_every_preset_that_applies_itself_exists():
    assert set(SPEC.preset_of.values()) <= set(SPEC.presets)
    assert all(SPEC.runs_on(registry.backbone(name)) for name in SPEC.preset_of)


def test_the_release_preset_makes_the_releases_choices_by_name():
    chosen = FymOptions.of(SPEC.presets["release"])
    assert (chosen.head_rule, chosen.rank, chosen.sparse_sampling) == ("release", 16, False)
    assert (chosen.adaptive_rope, chosen.motion_loss) == (False, "release")


BOTH = {
    "decoupling": True,
    "block_size": 0,
    "probe_sigma": 0.9998,
    "probe_draws": 1,
    "probe_rows": 0,
    "projections": "qkv",
    "learning_rate": 1e-4,
    "spatial_learning_rate": 0.0,
    "lr_schedule": "constant",
    "weight_decay_spatial": 0.1,
    "weight_decay_temporal": 0.5,
    "batch_size": 1,
    "tuning_shift": 5.0,
    "loss_weighting": "bell",
    "gradient_checkpointing": True,
    "stride": 0,
    "rope_scale": "stride",
    "motion_weight": 1.0,
    "spatial_scale": 1.0,
    "temporal_scale": 1.0,
    "suppress_norm_leak": False,
}
"""What the release does where the paper is silent, or where both agree."""
PAPER = {
    "head_rule": "paper",
    "head_table": "auto",
    "rank": 128,
    "alpha": 128.0,
    "spatial_steps": 3000,
    "temporal_steps": 2000,
    "sparse_sampling": True,
    "adaptive_rope": True,
    "motion_loss": "signed",
}
RELEASE = {
    "head_rule": "release",
    "head_table": "clip",
    "rank": 16,
    "alpha": 16.0,
    "spatial_steps": 1500,
    "temporal_steps": 1500,
    "sparse_sampling": False,
    "adaptive_rope": False,
    "motion_loss": "release",
}


@pytest.mark.parametrize("backbone", ["wan2.1-1.3b", "wan2.1-14b"])
@pytest.mark.parametrize(("preset", "own"), [("paper", PAPER), ("release", RELEASE)])
def test_the_presets_hold_every_number_that_is_known_of_paper_and_release(preset, own, backbone):
    chosen = options.resolve(SPEC, backbone, preset, [])
    assert chosen.options == BOTH | own
    sampler = registry.backbone(backbone)
    assert (sampler.steps, sampler.guidance, sampler.flow_shift) == (50, 5.0, 5.0)


def test_81_frames_become_the_papers_17_and_a_frame_of_544_has_the_releases_blocks():
    stride = default_stride(81, 4)
    assert (stride, len(sparse_indices(81, stride))) == (5, 17)
    assert block_size_for(34 * 34) == 128


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sparse_sampling", "false", False),
        ("decoupling", "on", True),
        ("rank", "8", 8),
        ("learning_rate", "1e-3", 1e-3),
        ("alpha", 4, 4.0),
        ("motion_loss", False, "none"),
        ("motion_loss", "true", "signed"),
        ("rope_scale", "one", "one"),
    ],
)
def test_text_from_the_command_line_is_read_as_the_options_kind(name, text, value):
    assert getattr(FymOptions.of({name: text}), name) == value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sparse_samplin": True}, "did you mean 'sparse_sampling'"),
        ({"zzz": 1}, "known: decoupling"),
        ({"rank": "many"}, "expected a whole number"),
        ({"rank": 1.5}, "expected a whole number"),
        ({"rank": 0}, "expected 1 or more"),
        ({"sparse_sampling": "perhaps"}, "expected true or false"),
        ({"learning_rate": True}, "expected a number"),
        ({"learning_rate": 0.0}, "expected a positive number"),
        ({"learning_rate": float("nan")}, "expected 0 or more"),
        ({"head_rule": "mine"}, "expected one of paper, release"),
        ({"head_rule": 3}, "expected a word"),
        ({"probe_sigma": 1.5}, "noise level"),
        ({"spatial_steps": 0, "temporal_steps": 0}, "nothing would be tuned"),
    ],
)
def test_a_wrong_option_is_refused_with_what_was_expected(given, message):
    with pytest.raises(UsageError) as error:
        FymOptions.of(given)
    assert message in str(error.value)


def test_options_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FymOptions().rank = 3


def test_reading_the_specs_loads_no_torch():
    code = (
        "import sys, motionbench.methods.fym.spec, motionbench.methods.controls.spec;"
        "sys.exit(sorted({'torch', 'diffusers', 'peft', 'numpy'} & set(sys.modules)) != [])"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
