from __future__ import annotations

import shutil
from fractions import Fraction

import pytest

from motionbench.data import decoding, fetching, files, manifest_file, places
from motionbench.data.manifest import Manifest
from motionbench.data.suites import ManifestSuite
from motionbench.errors import UsageError
from motionbench.types import CATEGORIES


@pytest.fixture(scope="module")
def shipped() -> Manifest:
    return manifest_file.load()


def test_all_files_or_those_of_a_suite_or_single_clips_are_chosen(shipped):
    assert len(fetching.chosen(shipped, [])) == 20
    assert len(fetching.chosen(shipped, ["core"])) == 19
    chosen = fetching.chosen(shipped, ["dance", "handheld-desk"])
    assert [clip.id for clip in chosen] == ["handheld-desk", "dance"]
    assert fetching.chosen(shipped, ["mini"]) == []


def test_an_unknown_name_suggests_the_near_one(shipped):
    with pytest.raises(UsageError, match="no suite and no clip to fetch named 'dence'; did you mean 'dance'"):
        fetching.chosen(shipped, ["core", "dence"])


def test_a_mirror_has_the_files_by_their_names(shipped, tmp_path):
    [clip] = fetching.chosen(shipped, ["dance"])
    assert fetching.wanted_of(clip).url == clip.source.url
    assert fetching.wanted_of(clip, "https://example.org/clips/").url == "https://example.org/clips/dance.mp4"
    assert fetching.wanted_of(clip, str(tmp_path)).url == f"{tmp_path.as_uri()}/dance.mp4"
    with pytest.raises(UsageError, match="pan-1 has no address"):
        fetching.wanted_of(shipped.clips[0])


def test_terms_name_every_licence_once_with_all_of_its_files(shipped):
    found = list(fetching.terms(fetching.chosen(shipped, [])))
    assert sum(terms.files for terms in found) == 20
    assert sum(terms.bytes for terms in found) == sum(clip.source.bytes for clip in fetching.chosen(shipped, []))
    assert len({(terms.licence, terms.tier, terms.attribution) for terms in found}) == len(found)
    assert {terms.licence for terms in found} == {"Apache-2.0", "CC-BY-3.0", "CC-BY-4.0", "MIT", "NOASSERTION"}


def test_only_what_is_missing_or_damaged_is_fetched_again(shipped, real_clips, tmp_path):
    clips = fetching.chosen(shipped, ["kitchen-dolly", "hallway-turn"])
    assert fetching.missing(clips, real_clips) == []
    assert fetching.missing(clips, tmp_path) == clips
    shutil.copy(real_clips / "kitchen_dolly.mp4", tmp_path)
    (tmp_path / "hallway_turn.mp4").write_bytes(b"x" * 76919)
    assert [clip.id for clip in fetching.missing(clips, tmp_path)] == ["hallway-turn"]


def test_the_real_clips_come_from_a_folder_and_make_cases(shipped, real_clips):
    clips = fetching.chosen(shipped, ["kitchen-dolly", "sign-walk"])
    wanted = [fetching.wanted_of(clip, real_clips.as_uri()) for clip in clips]
    assert fetching.fetch(wanted) == ()
    assert all(file.place.is_relative_to(places.cache()) for file in wanted)
    suite = ManifestSuite("core")
    entry = next(entry for entry in suite.entries if entry.id == "kitchen-dolly--scene")
    case = suite.load(entry)
    assert case.reference.size == (25, 480, 720)
    assert case.category == "camera"
    assert "chapel" in case.prompt
    assert case.other is None  # not fetched
    assert case.annotation.camera is None


def test_the_manifest_says_of_every_real_clip_what_its_file_says(shipped, real_clips):
    for clip in fetching.chosen(shipped, []):
        path = real_clips / clip.source.file.path
        files.check(clip.id, clip.source, path)
        said = clip.source.video
        if said.frames > 65:  # decoding the long ones takes half a minute
            continue
        facts = decoding.facts_of(path)
        found = (facts.width, facts.height, facts.frames, facts.fps)
        assert found == (said.width, said.height, said.frames, Fraction(said.fps)), clip.id


def test_core_has_four_categories_and_the_same_four_prompts_a_clip(shipped):
    clips = shipped.clips_of("core")
    counts = {category: sum(clip.category == category for clip in clips) for category in CATEGORIES}
    assert counts == {"camera": 5, "single_object": 5, "multi_object": 3, "human": 6}
    for clip in clips:
        assert [prompt.id for prompt in clip.prompts] == ["caption", "subject", "scene", "motion-free"]
        assert clip.prompts[0].text == clip.reference_prompt
        texts = [prompt.text for prompt in clip.prompts]
        assert len(set(texts)) == 4
        assert all(text[0].isupper() and text.endswith(".") and text.count(".") == 1 for text in texts)


def test_motion_free_prompts_share_no_verb_with_the_caption(shipped):
    moving = {"rises", "turns", "flies", "glides", "closes", "drives", "nibbles", "lies", "rides", "climbs", "box"}
    moving |= {
        "drive",
        "lift",
        "stays",
        "surfs",
        "runs",
        "leans",
        "sweeps",
        "walks",
        "makes",
        "sways",
        "rolls",
        "glide",
    }
    for clip in shipped.clips_of("core"):
        caption, *_, free = (set(prompt.text.lower().strip(".").split()) for prompt in clip.prompts)
        assert caption & moving, clip.id
        assert not free & moving, clip.id
