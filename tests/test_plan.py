"""Requests and plans: names resolved with near names, keys that hold what decides and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from motionbench import fitting, plan, request
from motionbench.errors import MissingResourceError, UsageError
from motionbench.plan import Plan
from motionbench.request import Question
from motionbench.sources import Sources
from motionbench.trackers import identity
from motionbench.types import CaseEntry

BASE = Question(
    methods=("fake-roll", "fake-tuned"), suite="fake", metrics=("fake_brightness", "fake_motion"), controls=False
)


def first_two(entries: Sequence[CaseEntry]) -> Sequence[CaseEntry]:
    return entries[:2]


def made(backbone_digest: str = "weights", **changes: Any) -> Plan:
    sources = Sources(quick=first_two, backbone_digest=lambda spec: backbone_digest, encoder_digest=lambda spec: "e")
    return plan.make(request.resolve(dataclasses.replace(BASE, **changes), sources))


def keys(of: Plan, pick: Callable[[plan.ScoreItem], plan.Item | None]) -> set[str]:
    return {item.key for score in of.scores if (item := pick(score)) is not None}


def tuned(score: plan.ScoreItem) -> plan.Item | None:
    return score.generation.tune


def generated(score: plan.ScoreItem) -> plan.Item:
    return score.generation


def tracked(score: plan.ScoreItem) -> plan.Item | None:
    return score.tracks


def scored(score: plan.ScoreItem) -> plan.Item:
    return score


pytestmark = pytest.mark.usefixtures("fakes")


def test_a_plan_has_a_score_for_each_method_case_seed_and_metric() -> None:
    whole = made(seeds=(0, 1))
    assert len(whole.scores) == 2 * 4 * 2 * 2
    assert len(keys(whole, tuned)) == 4
    assert len(keys(whole, generated)) == 16


def test_the_order_of_methods_changes_neither_keys_nor_plan() -> None:
    first, second = made(), made(methods=("fake-tuned", "fake-roll"))
    assert [score.key for score in first.scores] == [score.key for score in second.scores]
    assert first.plan_id == second.plan_id


def test_another_seed_generates_again_but_tunes_nothing() -> None:
    assert keys(made(), tuned) == keys(made(seeds=(1,)), tuned)
    assert not keys(made(), generated) & keys(made(seeds=(1,)), generated)


def test_another_tuning_seed_tunes_again_and_so_generates_tuned_methods_again() -> None:
    assert not keys(made(), tuned) & keys(made(tune_seed=1), tuned)
    assert len(keys(made(), generated) & keys(made(tune_seed=1), generated)) == 4


def test_another_metric_causes_no_generation() -> None:
    assert keys(made(), generated) == keys(made(metrics=("fake_brightness", "fake_nan")), generated)


def test_an_option_makes_everything_of_its_method_anew_and_nothing_else() -> None:
    before, after = made(), made(assignments=("fake-roll.shift=2",))
    assert keys(before, tuned) == keys(after, tuned)
    assert len(keys(before, generated) & keys(after, generated)) == 4


def test_an_option_set_to_its_default_keeps_the_keys() -> None:
    assert keys(made(), generated) == keys(made(assignments=("fake-roll.shift=1",)), generated)


def test_another_tracker_tracks_and_scores_motion_anew_but_generates_nothing() -> None:
    before, after = made(), made(tracker="dis-flow")
    assert keys(before, generated) == keys(after, generated)
    assert not keys(before, tracked) & keys(after, tracked)
    assert not keys(before, scored) & keys(after, scored)


def test_another_version_of_a_tracker_tracks_anew_and_its_weights_are_part_of_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = made()
    monkeypatch.setattr(identity, "version", lambda spec: f"{spec.version}-abc")
    after = made()
    assert keys(before, generated) == keys(after, generated)
    assert not keys(before, tracked) & keys(after, tracked)


def test_the_weights_of_a_tracker_are_asked_for_only_where_a_metric_needs_tracks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_COTRACKER_DIR", str(tmp_path))
    assert made(tracker="cotracker3", metrics=("fake_brightness",)).request.tracker_version == ""
    with pytest.raises(MissingResourceError, match="needs a local copy of CoTracker3"):
        made(tracker="cotracker3")


def test_weights_decide_the_generations_of_methods_with_a_backbone_only(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "fitted", lambda backbone, protocol: backbone)
    methods = ("fake-roll", "fake-mini-only")
    before, after = made(methods=methods), made(backbone_digest="others", methods=methods)
    assert len(keys(before, generated) & keys(after, generated)) == 4


def test_a_method_that_sees_neighbours_depends_on_the_whole_suite(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def smaller(self: Any, name: str) -> None:
        init(self, name)
        self.entries = self.entries[:3]

    methods = ("fake-roll", "fake-perfect")
    before = made(methods=methods)
    init = fakes.module.FakeSuite.__init__
    monkeypatch.setattr(fakes.module.FakeSuite, "__init__", smaller)
    assert len(keys(before, generated) & keys(made(methods=methods), generated)) == 3


def test_quick_keeps_the_keys_of_the_cases_it_keeps() -> None:
    assert keys(made(quick=True), scored) < keys(made(), scored)


def test_controls_are_added_first_and_broken_plugins_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "fitted", lambda backbone, protocol: backbone)
    methods = [choice.spec for choice in made(controls=True).request.methods if "fake" in choice.label]
    assert [spec.name for spec in methods] == ["fake-declines", "fake-perfect", "fake-still", "fake-roll", "fake-tuned"]


def test_the_configuration_is_saved_and_read_back_whole() -> None:
    from motionbench.store.records import configuration_from, to_json

    configuration = made().configuration("motionbench eval")
    assert configuration_from(to_json(configuration), "x") == configuration


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ("fake-rol",)}, r"no method named 'fake-rol'; did you mean 'fake-roll'\?"),
        ({"suite": "fakes"}, r"no suite named 'fakes'; did you mean 'fake'\?"),
        ({"metrics": ("fake_brigthness",)}, r"no metric named 'fake_brigthness'; did you mean 'fake_brightness'\?"),
        ({"backbone": "mini-wam"}, r"no backbone named 'mini-wam'; did you mean 'mini-wan'\?"),
        ({"methods": ()}, "no method to run: name one, for example --method fym"),
        ({"assignments": ("fake-still.x=1",)}, "names a method that is not asked for: add --method fake-still"),
        ({"preset": "huge"}, "no method asked for has a preset 'huge'; known: big"),
        ({"methods": ("fake-mini-only",)}, "the backbone mini-wan makes frames=17, the protocol fake-v1 asks for 5"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        made(**changes)


def test_a_plugin_that_raises_at_import_is_named_with_its_reason() -> None:
    with pytest.raises(MissingResourceError, match=r"motionbench-fakes is broken: OSError: libfake\.so is missing"):
        made(methods=("fake-broken",))


def test_without_names_all_but_diagnostic_metrics_are_used_and_motion_leads() -> None:
    columns = made(metrics=()).request.columns
    assert columns[0].name == "motion_fidelity[local]"
    assert "fake_nan" not in {column.name for column in columns}


def test_presets_and_options_of_one_method_are_rows_of_one_table() -> None:
    chosen = made(methods=("fake-roll", "fake-roll:shift=2", "fake-roll:shift=2", "fake-roll:shift=1"))
    labels = [choice.label for choice in chosen.request.methods]
    assert labels == ["fake-roll", "fake-roll[shift=1]", "fake-roll[shift=2]"]
    sedit = made(methods=("sdedit:low", "sdedit:high+strength=0.8"), suite="mini", metrics=("clip_text",)).request
    assert [choice.label for choice in sedit.methods] == ["sdedit[preset=high,strength=0.8]", "sdedit[preset=low]"]
    assert [choice.options["strength"] for choice in sedit.methods] == [0.8, 0.25]


def test_what_is_set_for_a_method_holds_for_all_its_rows_and_a_row_may_differ() -> None:
    chosen = made(methods=("fake-tuned", "fake-tuned:shift=3"), assignments=("fake-tuned.shift=2",)).request.methods
    assert [choice.options["shift"] for choice in chosen] == [2, 3]
