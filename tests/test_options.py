"""Options: defaults, preset, by hand; each value in the type of its default."""

from __future__ import annotations

import pytest

from motionbench import options, registry
from motionbench.errors import UsageError
from motionbench.options import Variant
from motionbench.specs import MethodSpec

SPEC = MethodSpec(
    "fym",
    "m:C",
    "",
    "1",
    "",
    "",
    preset_of={"mini-wan": "mini"},
    defaults={"rank": 64, "rate": 1e-4, "sparse": True, "kind": "a"},
    presets={"mini": {"rank": 32, "rate": 4e-3}, "release": {"kind": "b"}},
)


def test_a_variant_has_the_label_of_the_choice_that_it_asks_for() -> None:
    spec = registry.method("fym")
    for text in ("fym", "fym:paper", "fym:rank=8", "fym:paper+stride=2+rank=8"):
        variant = options.parse_variant(text)
        assert variant.label == options.resolve(spec, "other", variant.preset, variant.assignments).label
    assert options.parse_variant("fym:paper+rank=8").label == "fym[preset=paper,rank=8]"


def test_later_layers_win() -> None:
    choice = options.resolve(SPEC, "mini-wan", None, [("rank", "8")])
    assert choice.options == {"rank": 8, "rate": 4e-3, "sparse": True, "kind": "a"}
    assert (choice.preset, choice.label) == ("mini", "fym[rank=8]")


def test_a_preset_by_hand_replaces_the_backbones_own_and_is_in_the_label() -> None:
    choice = options.resolve(SPEC, "mini-wan", "release", [])
    assert choice.options["rank"] == 64
    assert choice.label == "fym[preset=release]"


def test_another_backbone_gets_the_defaults() -> None:
    assert options.resolve(SPEC, "wan", None, []).options == SPEC.defaults


@pytest.mark.parametrize(("text", "value"), [("false", False), ("on", True), ("0", False), ("Yes", True)])
def test_booleans_are_read_in_words(text: str, value: bool) -> None:
    assert options.resolve(SPEC, "wan", None, [("sparse", text)]).options["sparse"] is value


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("rank", "many", "fym.rank takes a whole number, got 'many'"),
        ("rate", "x", "fym.rate takes a number, got 'x'"),
        ("sparse", "maybe", "fym.sparse takes true or false, got 'maybe'"),
        ("rnak", "8", "fym has no option 'rnak'; did you mean 'rank'?"),
    ],
)
def test_a_wrong_value_or_name_is_named(option: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        options.resolve(SPEC, "wan", None, [(option, text)])
    assert str(caught.value) == message


def test_an_unknown_preset_suggests_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"fym has no preset 'relaese'; did you mean 'release'\?"):
        options.resolve(SPEC, "wan", "relaese", [])


@pytest.mark.parametrize("text", ["rank=8", "fym.rank", "=8", ".rank=8", "fym.=8"])
def test_assignments_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"METHOD\.OPTION=VALUE"):
        options.parse_assignments([text])


def test_a_value_may_hold_equals_signs_and_dots() -> None:
    assert options.parse_assignments(["fym.kind=a=b.c"]) == [("fym", "kind", "a=b.c")]


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("fym", Variant("fym")),
        ("sdedit:low", Variant("sdedit", "low")),
        ("fym:stride=2+rank=8", Variant("fym", None, (("stride", "2"), ("rank", "8")))),
        ("fym:rank=8+release", Variant("fym", "release", (("rank", "8"),))),
        ("fym:source=a=b", Variant("fym", None, (("source", "a=b"),))),
    ],
)
def test_a_method_is_asked_for_with_a_preset_and_options(text: str, variant: Variant) -> None:
    assert options.parse_variant(text) == variant


@pytest.mark.parametrize("text", ["", ":low", "fym:", "fym:low+", "fym:low+high"])
def test_any_other_form_of_a_method_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not NAME, NAME:PRESET or NAME:OPTION=VALUE"):
        options.parse_variant(text)
