import dataclasses

import pytest

from motionbench import plan, registry, request, store
from motionbench.errors import MissingResourceError
from motionbench.methods.fym.head_table import HeadTable, Probe
from motionbench.methods.fym.options import FymOptions
from motionbench.methods.fym.shared_heads import place, table_of_model
from motionbench.methods.fym.spec import SPEC
from motionbench.methods.fym.stages import Tuning
from motionbench.request import Question

PROBE = Probe("release", seed=3)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def flexible(tiny):
    """A backbone of no fixed size, as real ones are."""
    found = tiny.backbone()
    found.spec = dataclasses.replace(found.spec, fixed=False)
    return found


def _tables(flexible, tiny, tmp_path, *, seeds, **options):
    """Tables of clips of their own with captions of their own, and how often a layer was classified."""
    chosen, steps, tables = FymOptions(spatial_steps=1, temporal_steps=1, **options), [], []
    for seed in seeds:
        folder = tmp_path / f"clip-{seed}"
        folder.mkdir()
        Tuning(flexible, chosen, tiny.video(seed), f"caption {seed}", 0, folder, lambda *step: steps.append(step)).run()
        tables.append(dataclasses.replace(HeadTable.read(folder / "heads.json"), norm_leak=()))
    return tables, sum(stage == "heads" for stage, *_ in steps)


def test_clips_on_one_model_at_one_size_share_a_table_that_is_computed_once(tiny, flexible, tmp_path):
    tables, layers = _tables(flexible, tiny, tmp_path, seeds=(0, 1))
    assert layers == tiny.LAYERS
    assert tables[0] == tables[1] == table_of_model(flexible, dataclasses.replace(PROBE, seed=tables[0].seed))


def test_with_a_table_a_clip_each_is_classified(tiny, flexible, tmp_path, cache):
    tables, layers = _tables(flexible, tiny, tmp_path, seeds=(0, 1), head_table="clip")
    assert layers == 2 * tiny.LAYERS
    assert tables[0] != tables[1]
    assert not cache.exists()


def test_a_backbone_of_one_fixed_size_classifies_each_clip_unless_told(tiny):
    fixed = tiny.backbone().spec
    assert fixed.fixed
    assert not FymOptions().table_of_model(fixed)
    assert FymOptions(head_table="model").table_of_model(fixed)
    assert FymOptions().table_of_model(registry.backbone("wan2.1-1.3b"))
    assert not FymOptions.of(SPEC.presets["release"]).table_of_model(registry.backbone("wan2.1-14b"))
    assert not FymOptions.of(SPEC.presets["mini"]).table_of_model(registry.backbone("mini-wan"))


@pytest.mark.parametrize(
    "change",
    [
        lambda backbone, probe: setattr(backbone, "digest", "other weights"),
        lambda backbone, probe: setattr(backbone, "spec", dataclasses.replace(backbone.spec, height=64)),
        lambda backbone, probe: setattr(backbone, "spec", dataclasses.replace(backbone.spec, frames=17)),
        lambda backbone, probe: setattr(backbone, "spec", dataclasses.replace(backbone.spec, dtype="bfloat16")),
        lambda backbone, probe: dataclasses.replace(probe, seed=4),
        lambda backbone, probe: dataclasses.replace(probe, rule="paper"),
        lambda backbone, probe: dataclasses.replace(probe, rows=9),
    ],
    ids=["weights", "height", "frames", "dtype", "seed", "rule", "rows"],
)
def test_another_model_size_or_probe_has_a_table_of_its_own(flexible, change):
    before = place(flexible, PROBE)
    assert place(flexible, change(flexible, PROBE) or PROBE) != before


def test_a_broken_file_is_replaced(flexible):
    first = table_of_model(flexible, PROBE)
    path = place(flexible, PROBE)
    path.write_text("{")
    with pytest.raises(MissingResourceError):
        HeadTable.read(path)
    assert table_of_model(flexible, PROBE) == first == HeadTable.read(path)


def test_a_cache_that_cannot_be_written_to_costs_no_run(flexible, cache):
    cache.write_text("a file where the folder should be")
    assert table_of_model(flexible, PROBE).seed == 3


def test_keys_of_earlier_results_do_not_know_the_option(monkeypatch):
    parts, key = [], store.key
    monkeypatch.setattr(store, "key", lambda stage, **named: parts.append(named) or key(stage, **named))

    def options(*methods):
        parts.clear()
        asked = Question(methods=methods, suite="mini", quick=True, controls=False, metrics=("flicker",))
        plan.make(request.resolve(asked))
        return [part["options"] for part in parts if "options" in part]

    assert all("head_table" not in held for held in options("fym"))
    assert options("fym") == options("fym:head_table=auto")
    assert all(held["head_table"] == "model" for held in options("fym:head_table=model"))


def test_a_saved_plan_is_as_earlier_releases_wrote_it_unless_the_option_is_used():
    def saved(method):
        asked = Question(methods=(method,), suite="mini", quick=True, controls=False, metrics=("flicker",))
        [line] = plan.make(request.resolve(asked)).configuration().methods
        return line.options

    assert "head_table" not in saved("fym")
    assert saved("fym:head_table=clip")["head_table"] == "clip"
