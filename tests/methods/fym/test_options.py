import dataclasses
import subprocess
import sys

import pytest

from motionbench import registry
from motionbench.errors import UsageError
from motionbench.methods.fym.options import FymOptions
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
    options = FymOptions.of(SPEC.presets["release"])
    assert (options.head_rule, options.rank, options.sparse_sampling) == ("release", 16, False)
    assert (options.adaptive_rope, options.motion_loss) == (False, "release")


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
    ("options", "message"),
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
def test_a_wrong_option_is_refused_with_what_was_expected(options, message):
    with pytest.raises(UsageError) as error:
        FymOptions.of(options)
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
