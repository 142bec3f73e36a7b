from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from motionbench.contracts import Suite
from motionbench.data import suites
from motionbench.data.inspection import is_unfetched
from motionbench.data.suites import ManifestSuite, other_reference, quick_entries
from motionbench.errors import MissingResourceError, UsageError
from motionbench.mini import world


def test_entries_are_planned_without_rendering(manifest, monkeypatch):
    monkeypatch.setattr(world, "render", lambda recipe: pytest.fail("rendered"))
    suite = ManifestSuite("all", manifest)
    assert isinstance(suite, Suite)
    assert [entry.id for entry in suite.entries] == [
        f"{clip}--{prompt}" for clip in ("pan-1", "spin-1", "chasing-1") for prompt in ("p1", "p2")
    ]


def test_a_suite_takes_the_first_prompts_of_its_tagged_clips(manifest):
    suite = ManifestSuite("small", manifest)
    assert [entry.id for entry in suite.entries] == ["pan-1--p1", "spin-1--p1"]
    assert suite.notice == "only a test"
    assert suite.protocol.name == "mini-v1"


def test_a_case_has_the_reference_its_perfect_transfer_and_another_clip(manifest):
    suite = ManifestSuite("small", manifest)
    pan, spin = (suite.load(entry) for entry in suite.entries)
    expected = world.render(world.Recipe("camera", "pan", 950000, 950002))
    assert pan.prompt == expected.caption
    np.testing.assert_array_equal(pan.perfect.frames, expected.video.frames)
    np.testing.assert_array_equal(pan.other.frames, spin.reference.frames)
    assert pan.annotation.exact
    assert pan.annotation.camera is not None
    assert spin.annotation.masks.shape == (1, 17, 64, 64)


def test_a_digest_is_the_reference_and_the_prompts_look_is_a_tag(manifest):
    first, second = ManifestSuite("all", manifest).entries[:2]
    assert first.digest == second.digest == world.digest(world.Recipe("camera", "pan", 950000, 950001))
    assert "look-950002" in first.tags
    assert "look-950003" in second.tags


def test_a_suite_of_one_reference_has_no_other_clip(manifest):
    suite = ManifestSuite("alone", manifest)
    assert suite.load(suite.entries[0]).other is None


def test_a_wrong_digest_names_both(manifest, manifest_text):
    right = world.digest(world.Recipe("camera", "pan", 950000, 950001))
    manifest.write_text(manifest_text.replace(right, "f" * 64))
    suite = ManifestSuite("small", manifest)
    expected = f"pan-1 renders to another digest than its manifest says: expected {'f' * 64}, got {right}"
    with pytest.raises(MissingResourceError, match=expected):
        suite.load(suite.entries[0])


def test_a_prompt_that_names_another_look_than_its_seed_is_refused(manifest, manifest_text):
    text = world.render(world.Recipe("camera", "pan", 950000, 950002)).caption
    manifest.write_text(manifest_text.replace(text, "a golden goose on the moon"))
    suite = ManifestSuite("small", manifest)
    with pytest.raises(
        UsageError, match=r"the prompt p1 of pan-1 says 'a golden goose on the moon', but its look_seed"
    ):
        suite.load(suite.entries[0])


def test_an_unknown_suite_suggests_the_near_one(manifest):
    with pytest.raises(UsageError, match="no suite named 'smal'; did you mean 'small'"):
        ManifestSuite("smal", manifest)


def test_a_protocol_that_is_not_square_cannot_render(manifest, manifest_text):
    manifest.write_text(manifest_text.replace("width: 64", "width: 96"))
    suite = ManifestSuite("small", manifest)
    with pytest.raises(UsageError, match="pan-1 is procedural, which is square; the protocol mini-v1 is 96x64"):
        suite.load(suite.entries[0])


@pytest.mark.parametrize("count", [2, 3, 8, 24])
def test_the_other_reference_is_never_the_reference_itself(count):
    ids = [f"c{k}" for k in range(count)]
    others = [other_reference(ids, name) for name in ids]
    assert sorted(others) == sorted(ids)
    assert all(other != name for other, name in zip(others, ids, strict=True))


def test_other_clips_of_the_mini_suite_are_of_another_category():
    entries = {entry.reference_id: entry.category for entry in ManifestSuite("mini").entries}
    for name, category in entries.items():
        assert entries[other_reference(list(entries), name)] != category


def test_quick_keeps_one_reference_a_category():
    entries = quick_entries(ManifestSuite("mini-full").entries)
    assert len({entry.reference_id for entry in entries}) == 4
    assert len({entry.category for entry in entries}) == 4
    assert len(entries) == 8
    assert set(quick_entries(ManifestSuite("mini").entries)) <= set(ManifestSuite("mini").entries)


def test_cases_of_mini_are_cases_of_mini_full():
    full = {entry.id: entry for entry in ManifestSuite("mini-full").entries}
    for entry in ManifestSuite("mini").entries:
        assert full[entry.id].digest == entry.digest
        assert full[entry.id].prompt == entry.prompt


FILE_CLIP = """
  - id: grey-1
    category: human
    source: {{file: {{path: grey.mp4, start: 1}}, sha256: {sha}}}
    reference_prompt: a grey wall
    prompts: [{{id: p1, text: a green wall}}]
    licence: CC-BY-4.0
    attribution: somebody
    tags: [small]
"""


def test_a_file_of_the_manifest_is_verified_and_decoded(manifest, manifest_text, film):
    sha = hashlib.sha256(film("grey.mp4", 24).read_bytes()).hexdigest()
    manifest.write_text(manifest_text + FILE_CLIP.format(sha=sha))
    suite = ManifestSuite("small", manifest)
    entry = suite.entries[-1]
    assert len(entry.digest) == 64
    assert entry.digest != sha
    case = suite.load(entry)
    assert case.reference.size == (17, 64, 64)
    assert case.annotation.key_points is None
    assert case.perfect is None


def test_a_file_of_the_manifest_with_another_digest_is_refused(manifest, manifest_text, film):
    film("grey.mp4", 24)
    manifest.write_text(manifest_text + FILE_CLIP.format(sha="f" * 64))
    suite = ManifestSuite("small", manifest)
    with pytest.raises(MissingResourceError, match=rf"grey\.mp4: expected {'f' * 64}, got [0-9a-f]{{64}}; download"):
        suite.load(suite.entries[-1])


def test_verify_reports_every_fault_in_one_pass(manifest, manifest_text):
    pan = world.Recipe("camera", "pan", 950000, 950001)
    chase = world.render(world.Recipe("multi_object", "chasing", 950200, 950203)).caption
    manifest.write_text(manifest_text.replace(world.digest(pan), "f" * 64).replace(chase, "two geese"))
    found = suites.verify(ManifestSuite("all", manifest))
    assert [fault.reference_id for fault in found] == ["pan-1", "chasing-1"]
    assert "expected fff" in found[0].message
    assert "says 'two geese'" in found[1].message


ADDRESSED = """
  - id: {name}
    category: human
    source: {{file: {{path: {name}.mp4}}, url: "https://example.org/{name}.mp4", sha256: {sha}, bytes: {size}}}
    reference_prompt: a grey wall
    prompts: [{{id: p1, text: a green wall}}, {{id: p2, text: a red wall}}]
    licence: CC-BY-4.0
    tags: [fetched]
"""


def test_verify_tells_missing_other_short_and_undecodable_files_in_one_pass(manifest, manifest_text, film, tmp_path):
    text = manifest_text.replace("clips:\n", "  fetched: {summary: x, protocol: mini-v1, tags: [fetched]}\nclips:\n", 1)
    for name in ("sound", "missing", "other", "short", "undecodable", "brief"):
        path = film(f"{name}.mp4", 4 if name == "brief" else 24)
        if name == "undecodable":
            path.write_text("not a video, but the file that was meant")
        data = path.read_bytes()
        text += ADDRESSED.format(name=name, sha=hashlib.sha256(data).hexdigest(), size=len(data))
    (tmp_path / "missing.mp4").unlink()
    (tmp_path / "other.mp4").write_bytes((tmp_path / "sound.mp4").read_bytes() + b"x")
    (tmp_path / "short.mp4").write_bytes((tmp_path / "short.mp4").read_bytes()[:-9])
    manifest.write_text(text)
    suite = ManifestSuite("fetched", manifest)
    assert suite.absent() == ("missing",)
    found = {fault.reference_id: fault.message for fault in suites.verify(suite)}
    assert set(found) == {"missing", "other", "short", "undecodable", "brief"}
    assert "is not on this machine" in found["missing"]
    assert found["missing"].endswith("type: motionbench data fetch missing")
    assert "another digest than its manifest says" in found["other"]
    assert re.search(r"is short: .* has \d+ of \d+ bytes; type: motionbench data fetch short", found["short"])
    assert "cannot be read as a video" in found["undecodable"]
    assert "brief.mp4 is too short: " in found["brief"]


def test_a_suite_of_which_no_file_is_here_is_unfetched(manifest, manifest_text):
    text = manifest_text.replace("clips:\n", "  fetched: {summary: x, protocol: mini-v1, tags: [fetched]}\nclips:\n", 1)
    manifest.write_text(text + ADDRESSED.format(name="grey", sha="f" * 64, size=3))
    assert is_unfetched(ManifestSuite("fetched", manifest))
    assert not is_unfetched(ManifestSuite("small", manifest))
    (manifest.parent / "grey.mp4").write_bytes(b"abc")
    assert not is_unfetched(ManifestSuite("fetched", manifest))


def test_verify_of_a_sound_suite_finds_nothing_and_reports_progress(manifest):
    seen: list[tuple[str, int, int]] = []
    assert suites.verify(ManifestSuite("small", manifest), lambda *step: seen.append(step)) == ()
    assert seen == [("verify", 1, 2), ("verify", 2, 2)]


def test_summaries_count_references_and_cases():
    rows = {row.name: row for row in suites.summaries()}
    assert (rows["mini"].references, rows["mini"].cases) == (8, 8)
    assert (rows["mini-full"].references, rows["mini-full"].cases) == (24, 48)
    assert dict(rows["mini"].categories) == {"camera": 2, "single_object": 2, "multi_object": 2, "human": 2}


def test_a_broken_manifest_shows_in_the_summaries(manifest, monkeypatch):
    manifest.write_text("schema_version: [")
    monkeypatch.setenv("MOTIONBENCH_MANIFEST", str(manifest))
    assert all("broken YAML" in row.broken for row in suites.summaries())


@pytest.mark.slow
def test_every_clip_of_the_shipped_manifest_is_what_it_says():
    assert suites.verify_suite("mini-full") == ()
