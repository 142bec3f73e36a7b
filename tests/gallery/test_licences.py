"""Which clips may be passed on."""

from __future__ import annotations

from motionbench.data.suites import ManifestSuite
from motionbench.gallery import licences


class Folder:
    """A suite without a manifest."""

    name = "mine"


def test_rendered_clips_may_be_shown() -> None:
    suite = ManifestSuite("mini")
    assert licences.withheld(suite, ["pan-1"]) == {}
    assert licences.terms(suite, "pan-1") == "Apache-2.0"


def test_clips_whose_footage_is_of_unknown_licence_are_withheld_with_the_reason() -> None:
    suite = ManifestSuite("core")
    clips = suite.manifest.clips_of("core")
    found = licences.withheld(suite, [clip.id for clip in clips])
    assert set(found) == {clip.id for clip in clips if clip.tier != "A"} != set()
    closed = next(clip for clip in clips if clip.tier == "B")
    assert found[closed.id] == f"licence {closed.licence}, not of the footage itself"


def test_of_a_suite_without_a_manifest_no_licence_is_known() -> None:
    assert licences.withheld(Folder(), ["a"]) == {"a": "no licence is recorded"}  # type: ignore[arg-type]
    assert licences.terms(Folder(), "a") == ""  # type: ignore[arg-type]
    assert licences.neighbour(Folder(), "a") is None  # type: ignore[arg-type]


def test_the_neighbour_is_the_clip_that_loading_a_case_gives() -> None:
    suite = ManifestSuite("mini")
    entry = suite.entries[0]
    other = licences.neighbour(suite, entry.reference_id)
    shown = next(one for one in suite.entries if one.reference_id == other)
    case = suite.load(entry)
    assert case.other is not None
    assert case.other.digest() == suite.load(shown).reference.digest()
