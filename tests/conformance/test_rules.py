"""Each rule passes where it is kept and fails, with its reason, where a fake breaks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from motionbench.conformance import Report, resuming
from motionbench.conformance.examination import RULES
from motionbench.conformance.replaced import FIELDS
from motionbench.errors import MissingResourceError, UsageError


def check(report: Report, rule: str) -> tuple[str, str]:
    [found] = [check for check in report.checks if check.rule == rule]
    return found.outcome, found.reason


def test_a_tuned_method_that_keeps_the_contract_passes_every_rule(examined: Any) -> None:
    report = examined("Good", tuned=True, memory_bytes=1 << 50)
    assert report.passed, f"\n{report}"
    assert [check.rule for check in report.checks] == [rule.name for rule in RULES]
    not_tried = {check.rule: check.reason for check in report.checks if check.outcome == "not applicable"}
    assert not_tried == {
        "starts from its seed's noise": "the spec does not say noise_from='seed'",
        "leaves the backbone as it was": "it runs on no backbone",
    }
    told = check(report, "killed midway, resumes")[1]
    assert told == "killed at step 3 of 6, it went on with 3 and gives the same video"
    assert (report.method, report.version, report.suite, report.backbone) == ("fake", "1", "fake", "")


def test_a_training_free_method_on_a_backbone_passes(examined: Any) -> None:
    report = examined("Borrows", backbone="fake-backbone", backbones=("fake-backbone",))
    assert report.passed, f"\n{report}"
    assert check(report, "leaves the backbone as it was")[0] == "pass"
    assert check(report, "killed midway, resumes") == ("not applicable", "it tunes nothing")
    assert report.backbone == "fake-backbone"


@pytest.mark.parametrize(
    ("kind", "fields", "rule", "reason"),
    [
        ("Nowhere", {}, "loads", "module 'contract_fakes' has no attribute 'Nowhere'"),
        ("NoGenerate", {}, "loads", "has no method generate"),
        ("NoGenerate", {"tuned": True}, "loads", "has no method tune and no method generate"),
        ("FailsToBuild", {}, "loads", "RuntimeError: a wire is loose"),
        ("Good", {"licence": " "}, "licence is present", "name one, such as Apache-2.0"),
        ("Raises", {}, "tunes and generates", "RuntimeError: a shape does not fit"),
        ("Leaves", {}, "tunes and generates", "SystemExit: 3"),
        ("Declines", {}, "tunes and generates", "it declines every case tried: it needs a mask"),
        ("NoReport", {"tuned": True}, "tunes and generates", "expected a motionbench.types.TuneReport"),
        ("TooShort", {}, "output obeys the protocol", "Video of uint8 frames (5, 16, 16, 3)"),
        ("Drifts", {}, "same seed, same video", "draw all randomness from seed"),
        ("IgnoresTheSeed", {}, "other seed, other video", "say random=False in the spec"),
        ("Good", {"random": False}, "other seed, other video", "the spec says random=False, but"),
        ("IgnoresThePrompt", {}, "prompt has an effect", "give the same video"),
        ("DeclinesThePromptLater", {}, "prompt has an effect", "declines what it took before: no triangles"),
        ("ForgetsItsGenerator", {"tuned": True}, "killed midway, resumes", "killed at step 3 of 6 and tuned again"),
        ("Undying", {"tuned": True}, "killed midway, resumes", "tuning went on although progress raised at step 3"),
        ("QuietTheSecondTime", {"tuned": True}, "killed midway, resumes", "it is not the same work twice"),
        ("Good", {"memory_bytes": 1}, "memory as declared", "0 MiB declared: raise memory_bytes"),
    ],
)  # fmt: skip
def test_a_fake_that_breaks_one_rule_fails_it(
    kind: str,
    fields: dict[str, Any],
    rule: str,
    reason: str,
    examined: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONTRACT_FAKE_CACHE", str(tmp_path / "cache"))
    report = examined(kind, **fields)
    outcome, told = check(report, rule)
    assert outcome == "fail", f"\n{report}"
    assert reason in told
    assert not report.passed
    assert [failure.rule for failure in report.failures] == [rule]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "Fake Method"}, "name='Fake Method': small letters and digits"),
        ({"implementation": "contract_fakes.Good"}, "expected 'module:Class'"),
        ({"summary": ""}, "summary='': one line"),
        ({"version": " "}, "version is empty"),
        ({"paper": ""}, "paper is empty: name the paper, or say 'none'"),
        ({"status": "perfect"}, "status='perfect' with control=False"),
        ({"control": True}, "status='runs-on-mini' with control=True"),
        ({"inputs": ()}, "inputs is empty"),
        ({"inputs": ("prompt", "pixels")}, "inputs has 'pixels': a case offers reference,"),
        ({"preset_of": {"mini-wan": "mini"}}, "preset_of names 'mini-wan', which is not among backbones"),
        (
            {"backbones": ("mini-wan",), "preset_of": {"mini-wan": "mini"}},
            "preset_of gives 'mini-wan' the preset 'mini', which is not among presets",
        ),
        ({"defaults": {"rate": float("nan")}}, "defaults: rate=nan is no finite number"),
        ({"defaults": {"layers": (1, 2)}}, "defaults: layers=(1, 2) is no finite number"),
        ({"presets": {"big": {"size": 3}}}, "preset big: size is not among defaults"),
        ({"unkeyed": {"size": 3}}, "unkeyed: size is not among defaults"),
        ({"defaults": {"size": 1}, "presets": {"big": {"size": "3"}}}, "preset big: size='3' is not of the default's"),
    ],
)
def test_a_faulty_spec_is_told_so_and_nothing_else_is_tried(
    fields: dict[str, Any], reason: str, methods: Any, plug: Any
) -> None:
    from motionbench.conformance import examine

    spec = methods.spec("Good", **fields)
    plug(spec)
    report = examine(spec.name, suite="fake")
    first, *rest = report.checks
    assert (first.rule, first.outcome) == ("spec is valid", "fail")
    assert reason in first.reason
    assert {check.reason for check in rest} == {"not tried: 'spec is valid' failed"}


def test_all_faults_of_a_spec_are_told_at_once(examined: Any) -> None:
    reason = check(examined("Good", version="", summary="", inputs=()), "spec is valid")[1]
    assert [fault.split()[0] for fault in reason.split("; ")] == ["summary='':", "version", "inputs"]


@pytest.mark.parametrize("field", [name for name in FIELDS if name not in ("prompt", "id")] + ["id", "reference_id"])
def test_a_field_that_is_not_listed_and_moves_the_video_is_named(field: str, examined: Any) -> None:
    inputs = tuple(name for name in ("reference", "prompt") if name != field)
    report = examined("Peeks", inputs=inputs, defaults={"field": field})
    named = "id" if field == "reference_id" else field
    assert check(report, "sees its inputs only") == (
        "fail",
        f"the video changes with {named}, which the spec does not list among its inputs",
    )


@pytest.mark.parametrize("field", ["annotation", "other", "perfect", "reference_prompt"])
def test_a_field_that_is_listed_may_be_looked_at(field: str, examined: Any) -> None:
    report = examined("Peeks", inputs=("prompt", field), defaults={"field": field})
    assert report.passed, f"\n{report}"


def test_a_caption_that_is_not_listed_must_not_reach_the_tuning(examined: Any) -> None:
    report = examined("Good", tuned=True, inputs=("reference", "prompt"))
    outcome, reason = check(report, "sees its inputs only")
    assert outcome == "fail"
    assert "changes with reference_prompt, which" in reason


def test_a_method_that_does_not_list_the_reference_must_not_see_its_pixels(examined: Any) -> None:
    assert check(examined("Good", inputs=("prompt",)), "sees its inputs only")[0] == "fail"
    assert check(examined("LooksAtNothing", inputs=("prompt",)), "sees its inputs only")[0] == "pass"


def test_a_method_that_leaves_the_backbone_changed_is_caught(examined: Any) -> None:
    report = examined("Spoils", backbone="fake-backbone", backbones=("fake-backbone",))
    assert [failure.rule for failure in report.failures] == ["leaves the backbone as it was"]
    assert "take adapters, hooks and processors away again" in report.failures[0].reason


def test_what_is_not_random_says_so(examined: Any) -> None:
    report = examined("IgnoresTheSeed", random=False)
    assert check(report, "other seed, other video") == ("pass", "random=False, as the spec says")


def test_controls_need_not_be_random_and_need_no_paper(examined: Any) -> None:
    report = examined("IgnoresTheSeed", control=True, status="control", paper="")
    assert report.passed, f"\n{report}"
    assert check(report, "other seed, other video")[0] == "not applicable"


def test_a_tuning_that_begins_anew_is_allowed_and_told(examined: Any) -> None:
    reason = check(examined("BeginsAnew", tuned=True), "killed midway, resumes")
    assert reason == ("pass", "killed at step 3 of 6, it began anew with 6 and gives the same video")


def test_a_long_tuning_has_to_tell_its_progress(examined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, reason = check(examined("Silent", tuned=True), "killed midway, resumes")
    assert outcome == "not applicable"
    assert re.match(r"tuning told its progress 0 times in 0\.\d s: there is no midway", reason)
    monkeypatch.setattr(resuming, "_SILENCE", -1.0)
    outcome, reason = check(examined("Silent", tuned=True), "killed midway, resumes")
    assert outcome == "fail"
    assert "call progress(stage, done, total) at least once a second" in reason


def test_a_case_that_is_declined_is_followed_by_another(examined: Any) -> None:
    report = examined("DeclinesCameras")
    assert check(report, "tunes and generates")[1].startswith("ball-0: generated in ")


def test_options_are_those_of_eval_and_are_in_the_label(examined: Any) -> None:
    report = examined("Good", defaults={"rank": 1}, assignments=("fake.rank=2",))
    assert report.method == "fake[rank=2]"


def test_a_package_that_cannot_be_imported_fails_with_its_reason(examined: Any) -> None:
    from motionbench.conformance import examine

    examined("Good")
    report = examine("fake-broken", suite="fake")
    assert str(report) == "fail           spec is readable: OSError: libfake.so is missing"


@pytest.mark.parametrize(
    ("kind", "fields", "error", "message"),
    [
        ("LacksWeights", {}, MissingResourceError, "no weights\nFetch them"),
        ("DislikesItsOptions", {}, UsageError, "fake.rank=0; expected 1 or more"),
        ("Good", {"backbones": ("elsewhere",)}, UsageError, "fake does not run on mini-wan; it runs on elsewhere"),
        ("Good", {"assignments": ("fake.rnk=1",)}, UsageError, "fake has no option 'rnk'"),
    ],
)
def test_what_is_missing_or_asked_wrongly_concludes_nothing(
    kind: str, fields: dict[str, Any], error: type[Exception], message: str, examined: Any
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        examined(kind, **fields)


def test_fewer_steps_reach_the_backbone(methods: Any, plug: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from motionbench.conformance import examine

    seen = []

    class Noted(methods.Backbone):  # type: ignore[misc]
        def __init__(self, spec: Any) -> None:
            seen.append(spec.steps)
            super().__init__(spec)

    monkeypatch.setattr(methods, "Backbone", Noted)
    plug(methods.spec("Borrows", backbones=("fake-backbone",)))
    assert examine("fake", suite="fake", backbone="fake-backbone", steps=2).passed
    assert seen == [2]
