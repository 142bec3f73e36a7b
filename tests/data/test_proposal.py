from __future__ import annotations

import hashlib

import pytest
import yaml

from motionbench.data import decoding, proposal
from motionbench.data.manifest import ClipEntry
from motionbench.data.proposal import Known
from motionbench.errors import MissingResourceError, UsageError, VideoError


def test_an_entry_says_what_the_file_says(film):
    path = film("My Dance (2).mp4", 24, rate=12)
    clip = proposal.propose(path, Known("human", caption="a woman dances", licence="CC0-1.0"))
    assert clip.id == "my-dance-2"
    assert clip.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert clip.source.bytes == path.stat().st_size
    facts = clip.source.video
    assert (facts.width, facts.height, facts.frames, facts.fps) == (64, 48, 24, "12")
    assert (clip.category, clip.reference_prompt, clip.licence) == ("human", "a woman dances", "CC0-1.0")


def test_gaps_are_marked_and_no_licence_is_assumed(film):
    clip = proposal.propose(film("a.mp4", 8), Known("camera"))
    assert clip.licence == "NOASSERTION"
    assert clip.tier is None
    assert not clip.redistributable
    assert clip.reference_prompt == proposal.CAPTION
    assert [prompt.text for prompt in clip.prompts] == [proposal.PROMPT]


def test_the_text_is_a_manifests_own(film, manifest, manifest_text):
    known = Known("camera", prompts=("one: two", "ünlike"), url="https://example.org/a.mp4", start=2, every=3)
    clip = proposal.propose(film("a.mp4", 8), known)
    text = proposal.as_yaml(clip)
    [read] = yaml.safe_load(text)
    assert ClipEntry.model_validate(read) == clip
    manifest.write_text(manifest_text + text)
    from motionbench.data import manifest_file

    assert manifest_file.load(manifest).clips[-1] == clip


def test_a_turned_video_has_the_size_that_is_shown(film):
    facts = decoding.facts_of(film("turned.mp4", 8, rotation=90))
    assert (facts.width, facts.height) == (48, 64)


def test_what_is_no_video_is_refused(tmp_path, film):
    with pytest.raises(MissingResourceError, match=r"gone\.mp4 does not exist"):
        proposal.propose(tmp_path / "gone.mp4", Known("camera"))
    with pytest.raises(UsageError, match="is a folder"):
        proposal.propose(tmp_path, Known("camera"))
    whole = film("whole.mp4", 24)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(VideoError, match=r"cut\.mp4"):
        proposal.propose(cut, Known("camera"))
    (tmp_path / "note.mp4").write_text("not a video")
    with pytest.raises(VideoError, match=r"note\.mp4"):
        proposal.propose(tmp_path / "note.mp4", Known("camera"))


def test_a_name_without_letters_is_refused(film):
    with pytest.raises(UsageError, match="no id can be made of the file name"):
        proposal.propose(film("---.mp4", 8), Known("camera"))
