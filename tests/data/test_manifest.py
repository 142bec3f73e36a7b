from __future__ import annotations

from pathlib import Path

import pytest

from motionbench.data import manifest_file
from motionbench.errors import MissingResourceError, UsageError


def faults(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        manifest_file.load(path)
    return str(caught.value).splitlines()


def line_of(text: str, part: str, occurrence: int = 1) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if part in line]
    return lines[occurrence - 1]


def test_the_shipped_manifest_has_the_suites_that_it_promises():
    manifest = manifest_file.load()
    mini, full = manifest.clips_of("mini"), manifest.clips_of("mini-full")
    assert len(mini) == 8
    assert len(full) == 24
    for category in ("camera", "single_object", "multi_object", "human"):
        assert sum(clip.category == category for clip in mini) == 2
        assert sum(clip.category == category for clip in full) == 6
    assert {clip.id for clip in mini} <= {clip.id for clip in full}
    assert all(len(clip.prompts) == 2 and clip.licence == "Apache-2.0" for clip in full)


def test_seeds_of_the_suites_are_far_from_those_of_training():
    for clip in manifest_file.load().clips_of("mini-full"):
        seeds = clip.source.procedural
        looks = [prompt.look_seed for prompt in clip.prompts]
        assert all(900_000 <= seed <= 999_999 for seed in [seeds.motion_seed, seeds.look_seed, *looks])


def test_prompts_name_another_look_and_no_motion():
    for clip in manifest_file.load().clips_of("mini-full"):
        subject, ground = clip.reference_prompt.split(" on ")
        for prompt in clip.prompts:
            assert prompt.text.split(" on ")[0] != subject
            assert prompt.text.split(" on ")[1] != ground
            assert not [word for word in prompt.text.split() if word.endswith("ing")]


def test_a_wrong_value_says_line_place_choices_and_value(manifest, manifest_text):
    text = manifest_text.replace("category: single_object", "category: singel")
    line = line_of(text, "category: singel")
    assert faults(manifest, text) == [
        f"data_manifest.yaml:{line}: clips[1].category: expected one of "
        "'camera', 'single_object', 'multi_object' or 'human', got 'singel'"
    ]


def test_an_unknown_key_suggests_the_near_one(manifest, manifest_text):
    text = manifest_text.replace("licence:", "licnce:", 1)
    found = faults(manifest, text)
    line = line_of(text, "licnce")
    assert f"data_manifest.yaml:{line}: clips[0].licnce: unknown key; did you mean 'licence'?" in found
    assert any("clips[0].licence: this key is missing; add `licence:`" in fault for fault in found)


def test_all_faults_are_reported_in_one_pass(manifest, manifest_text):
    text = manifest_text.replace("category: camera", "category: cam").replace("motion_seed: 950100", "motion_seed: -1")
    found = faults(manifest, text)
    assert len(found) == 2
    assert "clips[1].source.procedural.motion_seed: input should be greater than or equal to 0, got -1" in found[1]


def test_broken_yaml_names_file_and_line(manifest, manifest_text):
    text = manifest_text.replace("category: camera", "category: camera: pan")
    line = line_of(text, "camera: pan")
    assert (
        faults(manifest, text)[0]
        == f"data_manifest.yaml:{line}: broken YAML: mapping values are not allowed in this context"
    )


def test_a_duplicate_id_is_refused_with_both_lines(manifest, manifest_text):
    text = manifest_text.replace("- id: chasing-1", "- id: pan-1")
    first, second = line_of(text, "id: pan-1"), line_of(text, "id: pan-1", 2)
    assert faults(manifest, text) == [
        f"data_manifest.yaml:{second}: clips[2].id: the id 'pan-1' is already taken in line {first}; rename one of them"
    ]


def test_a_duplicate_prompt_id_is_refused(manifest, manifest_text):
    found = faults(manifest, manifest_text.replace("{id: p2, look_seed: 950003", "{id: p1, look_seed: 950003"))
    assert "clips[0].prompts[1].id: the id 'p1' is already taken in line" in found[0]


def test_a_key_that_stands_twice_is_refused(manifest, manifest_text):
    text = manifest_text.replace("    category: camera\n", "    category: camera\n    category: human\n")
    line = line_of(text, "category: human")
    assert faults(manifest, text) == [
        f"data_manifest.yaml:{line}: clips[0].category: this key stands here twice; remove one"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clips: [spin-1]", "clips: [spn-1]", "suites.alone.clips[0]: no clip named 'spn-1'; did you mean 'spin-1'?"),
        (
            "two clips, protocol: mini-v1",
            "x, protocol: mini-v2",
            "no protocol named 'mini-v2'; did you mean 'mini-v1'?",
        ),
        ("tags: [small], prompts", "tags: [smal], prompts", "suites.small: the suite has no clips; list them"),
        ("motion: spin", "motion: walk", "no single_object motion named 'walk'; known: linear"),
        ("look_seed: 950002, text", "text", "clips[0].prompts[0]: a prompt of a procedural clip names its look"),
        ("{procedural: {motion: pan,", "{prcedural: {motion: pan,", "expected a `procedural:` or a `file:` source"),
        ("fps: 8.0", "fps: fast", "protocols.mini-v1.fps: input should be a valid number, got 'fast'"),
        ("- id: pan-1", "- id: Pan 1", "expected text of the form ^[a-z0-9]"),
        ("schema_version: 1", "schema_version: 2", "schema_version: expected one of 1, got 2"),
    ],
)
def test_faults_name_the_next_step(manifest, manifest_text, old, new, message):
    assert old in manifest_text
    assert any(message in fault for fault in faults(manifest, manifest_text.replace(old, new, 1)))


def test_an_empty_manifest_is_refused(manifest):
    assert "data_manifest.yaml:1: the file is empty" in faults(manifest, "")[0]


def test_the_environment_variable_names_the_manifest(manifest, monkeypatch):
    monkeypatch.setenv("MOTIONBENCH_MANIFEST", str(manifest))
    assert manifest_file.find() == manifest


def test_a_named_manifest_that_is_absent_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MOTIONBENCH_MANIFEST", str(tmp_path / "gone.yaml"))
    with pytest.raises(
        MissingResourceError, match=r"MOTIONBENCH_MANIFEST names the manifest .*gone\.yaml, which is not"
    ):
        manifest_file.find()


REAL = """\
  - id: grey-1
    category: human
    source:
      file: {path: grey.mp4}
      url: https://example.org/grey.mp4
      sha256: "0000000000000000000000000000000000000000000000000000000000000000"
      bytes: 7
      video: {width: 64, height: 48, frames: 24, fps: "30000/1001"}
    reference_prompt: a grey wall
    prompts: [{id: p1, text: a green wall}]
    licence: CC-BY-4.0
    tier: A
    tags: [all]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      bytes: 7\n", "", "clips[3].source: a file with an address says how long it is; add `bytes:`"),
        ("path: grey.mp4", "path: ../grey.mp4", "clips[3].source.file.path: the path leaves the data folder"),
        ("url: https:", "url: ftp:", "clips[3].source.url: expected text of the form ^(https?|file)://"),
        ('fps: "30000/1001"', 'fps: "29.97"', "clips[3].source.video.fps: expected text of the form"),
        ("tier: A", "tier: C", "clips[3].tier: expected one of 'A' or 'B', got 'C'"),
        ("frames: 24", "frame: 24", "clips[3].source.video.frame: unknown key; did you mean 'frames'?"),
    ],
)
def test_faults_of_files_behind_addresses_name_the_next_step(manifest, manifest_text, old, new, message):
    assert old in REAL
    found = faults(manifest, manifest_text + REAL.replace(old, new))
    assert any(message in fault for fault in found), found


def test_only_clips_of_tier_a_and_rendered_ones_may_be_shown(manifest, manifest_text):
    manifest.write_text(manifest_text + REAL)
    assert [clip.redistributable for clip in manifest_file.load(manifest).clips] == [True] * 4
    for tier in ("    tier: B\n", ""):
        manifest.write_text(manifest_text + REAL.replace("    tier: A\n", tier))
        assert not manifest_file.load(manifest).clips[-1].redistributable
