"""Folders as DAVIS 2017 and MTBench have them, made of small files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from motionbench.data import davis as davis_2017
from motionbench.data import decoding, suites
from motionbench.data.folder import FolderSuite
from motionbench.errors import MissingResourceError, UsageError, VideoError

FRAMES, SIZE = 30, (24, 32)
CSV = "file,category,reference_prompt,prompt\n"


def frames_into(folder: Path, count: int = FRAMES) -> None:
    folder.mkdir(parents=True)
    for k in range(count):
        Image.fromarray(np.full((*SIZE, 3), 4 * k, np.uint8)).save(folder / f"{k:05d}.jpg")


def masks_into(folder: Path, objects: int, count: int = FRAMES) -> None:
    """Palette images: object n is a column of 8 pixels that goes down a row a picture; a row below is undecided."""
    folder.mkdir(parents=True)
    for k in range(count):
        labels = np.zeros(SIZE, np.uint8)
        for number in range(objects):
            labels[k % 20 : k % 20 + 4, 8 * number : 8 * number + 8] = number + 1
        labels[23] = 255
        image = Image.fromarray(labels, mode="P")
        image.putpalette([number for number in range(256) for _ in range(3)])
        image.save(folder / f"{k:05d}.png")


@pytest.fixture
def davis(tmp_path):
    root = tmp_path / "DAVIS"
    for name, objects in (("bear", 1), ("judo", 2)):
        frames_into(root / "JPEGImages" / "480p" / name)
        masks_into(root / "Annotations" / "480p" / name, objects)
    (root / "prompts.csv").write_text(CSV + "bear,single_object,a bear,a horse\njudo,multi_object,two men,two cats\n")
    return root


def test_davis_sequences_are_named_and_have_their_masks(davis, protocol):
    suite = FolderSuite(davis, protocol)
    assert [entry.id for entry in suite.entries] == ["bear--p1", "judo--p1"]
    bear, judo = (suite.load(entry) for entry in suite.entries)
    assert bear.annotation.masks.shape == (1, 9, 32, 32)
    assert judo.annotation.masks.shape == (2, 9, 32, 32)
    assert not bear.annotation.exact
    assert suites.verify(suite) == ()


def test_masks_follow_the_time_and_the_crop_of_the_frames(davis, protocol):
    suite = FolderSuite(davis, protocol)
    case = suite.load(suite.entries[0])
    # 24 pictures a second on 8: every third; 24x32 on 32x32: scaled by 4/3, 5 of 43 columns cut on the left.
    for t in range(9):
        assert abs(int(case.reference.frames[t].mean()) - 4 * 3 * t) <= 2
        rows = np.flatnonzero(case.annotation.masks[0, t].any(axis=1))
        assert abs(rows[0] - (3 * t % 20) * 4 / 3) <= 1
        columns = np.flatnonzero(case.annotation.masks[0, t].any(axis=0))
        assert columns[0] == 0
        assert abs(columns[-1] - (8 * 4 / 3 - 5 - 1)) <= 1


def test_masks_are_part_of_the_digest(davis, protocol):
    before = [entry.digest for entry in FolderSuite(davis, protocol).entries]
    path = davis / "Annotations" / "480p" / "bear" / "00003.png"
    path.write_bytes((davis / "Annotations" / "480p" / "bear" / "00004.png").read_bytes())
    after = [entry.digest for entry in FolderSuite(davis, protocol).entries]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_sequence_of_another_category_has_no_masks(davis, protocol):
    (davis / "prompts.csv").write_text(CSV + "judo,human,two men,two cats\n")
    suite = FolderSuite(davis, protocol)
    assert suite.load(suite.entries[0]).annotation.masks is None


def test_all_objects_of_a_single_object_sequence_are_one_as_in_davis_2016(davis, protocol):
    (davis / "prompts.csv").write_text(CSV + "judo,single_object,a man on a horse,a cat on a dog\n")
    suite = FolderSuite(davis, protocol)
    [one] = suite.load(suite.entries[0]).annotation.masks
    (davis / "prompts.csv").write_text(CSV + "judo,multi_object,two men,two cats\n")
    several = FolderSuite(davis, protocol)
    np.testing.assert_array_equal(one, several.load(several.entries[0]).annotation.masks.any(axis=0))


def test_a_sequence_with_too_few_objects_is_told(davis, protocol):
    (davis / "prompts.csv").write_text(CSV + "bear,multi_object,two bears,two cats\n")
    suite = FolderSuite(davis, protocol)
    [fault] = suites.verify(suite)
    assert "mask" in fault.message
    assert "has 1" in fault.message


def test_without_a_list_the_sequences_are_taken_that_we_have_prompts_for(davis, protocol):
    (davis / "prompts.csv").unlink()
    frames_into(davis / "JPEGImages" / "480p" / "nobody-knows-it")
    suite = FolderSuite(davis, protocol)
    assert [entry.id for entry in suite.entries] == [
        f"{name}--{kind}" for name in ("judo", "bear") for kind in ("caption", "subject", "scene", "motion-free")
    ]
    caption, _, scene, free = suite.entries[4:]
    assert caption.prompt == caption.reference_prompt
    assert "walks" in caption.prompt
    assert "walks" in scene.prompt
    assert "walks" not in free.prompt
    assert suites.verify(suite) == ()


def test_our_list_of_davis_is_whole():
    rows = davis_2017.ours()
    assert len(rows) == len({one.file for one in rows}) == 50
    assert {one.category for one in rows} == {"single_object", "multi_object", "human"}
    texts = [text for one in rows for text in one.prompts.values()]
    assert len(texts) == len(set(texts)) == 200
    assert all(text[0].isupper() and text.endswith(".") and text.count(".") == 1 for text in texts)
    assert all(list(one.prompts) == ["caption", "subject", "scene", "motion-free"] for one in rows)
    assert all(one.prompts["caption"] == one.reference_prompt for one in rows)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "00007.png").unlink(), "holds 29 masks for the 30 pictures of"),
        (
            lambda folder: Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(folder / "00003.png"),
            r"00003\.png is a RGB image; a mask holds one number a pixel",
        ),
        (
            lambda folder: Image.fromarray(np.zeros((9, 9), np.uint8)).save(folder / "00003.png"),
            r"00003\.png is 9x9, its video 32x24",
        ),
        (lambda folder: (folder / "00003.png").write_bytes(b"no"), r"00003\.png is not an image"),
    ],
)
def test_masks_that_do_not_fit_are_refused(davis, protocol, harm, message):
    harm(davis / "Annotations" / "480p" / "bear")
    suite = FolderSuite(davis, protocol)
    with pytest.raises(VideoError, match=message):
        suite.load(suite.entries[0])


def test_masks_without_an_object_are_refused(davis, protocol):
    for path in (davis / "Annotations" / "480p" / "bear").iterdir():
        Image.fromarray(np.zeros(SIZE, np.uint8)).save(path)
    suite = FolderSuite(davis, protocol)
    with pytest.raises(VideoError, match="shows no object in the part of"):
        suite.load(suite.entries[0])


@pytest.fixture
def mtbench(tmp_path, film):
    root = tmp_path / "MTBench"
    film("MTBench/dog/videos/dog.mp4", 24, size=SIZE)
    film("MTBench/cat/videos/cat.mp4", 24, size=SIZE)
    (root / "dog" / "masks" / "dog").mkdir(parents=True)
    count = sum(1 for _ in decoding.pictures(root / "dog" / "videos" / "dog.mp4"))
    for k in range(count):
        white = np.zeros(SIZE, np.uint8)
        white[:, 8:24] = 255
        Image.fromarray(white).save(root / "dog" / "masks" / "dog" / f"{k:05d}.png")
    for name in ("dog", "cat"):
        (root / name / "prompts.txt").write_text(f"A {name} walks.\n")
        (root / name / "eval_prompts.txt").write_text("A robot walks.  \n\nA bear walks on mars.")
    return root


def test_mtbench_has_its_own_captions_prompts_and_masks(mtbench, protocol):
    suite = FolderSuite(mtbench, protocol)
    assert [entry.id for entry in suite.entries] == ["cat--p1", "cat--p2", "dog--p1", "dog--p2"]
    dog = suite.load(suite.entries[2])
    assert (dog.category, dog.reference_prompt, dog.prompt) == ("single_object", "A dog walks.", "A robot walks.")
    assert dog.annotation.masks.shape == (1, 9, 32, 32)
    assert 0.4 < dog.annotation.masks.mean() < 0.75
    assert suite.load(suite.entries[0]).annotation.masks is None


def test_an_mtbench_clip_without_a_caption_is_told(mtbench, protocol):
    (mtbench / "cat" / "prompts.txt").unlink()
    with pytest.raises(UsageError, match=r"cat.prompts\.txt is absent or empty; it holds one text a line"):
        FolderSuite(mtbench, protocol)


def test_only_objects_have_masks_in_a_list(davis, protocol):
    (davis / "prompts.csv").write_text(
        "file,category,reference_prompt,prompt,masks\nbear,camera,a bear,a horse,Annotations/480p/bear\n"
    )
    with pytest.raises(UsageError, match=r"prompts\.csv:2: only single_object and multi_object videos have masks"):
        FolderSuite(davis, protocol)


@pytest.fixture
def movebench(tmp_path):
    """A clip of 30 pictures of 24 x 32 at 24 a second, whose two points go down a pixel a picture."""
    from motionbench.data import video
    from motionbench.types import Video

    root = tmp_path / "MoveBench"
    track = root / "en" / "track" / "single"
    for folder in (root / "en" / "video", track):
        folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (FRAMES, *SIZE, 3)).astype(np.uint8)
    video.write_mp4(root / "en" / "video" / "a_1.mp4", Video(noise, 24.0))
    (root / "en" / "single_track.txt").write_text("a_1.mp4,A dog, brown, runs.\n")
    steps = np.arange(FRAMES, dtype=np.float32)
    xy = np.stack([np.stack([np.full(FRAMES, x), steps], axis=-1) for x in (8.0, 20.0)], axis=1)
    np.save(track / "a_1_tracks.npy", xy[None])
    seen = np.ones((1, FRAMES, 2), bool)
    seen[0, 3, 1] = False
    np.save(track / "a_1_visibility.npy", seen)
    (root / "prompts.csv").write_text(CSV + "a_1.mp4,single_object,,a cat\n")
    return root


def test_movebench_clips_have_their_captions_and_tracks_which_are_estimates(movebench, protocol):
    suite = FolderSuite(movebench, protocol)
    [entry] = suite.entries
    assert entry.reference_prompt == "A dog, brown, runs."
    case = suite.load(entry)
    tracks = case.annotation.tracks
    # Every third picture; scaled by 4/3 about pixel corners, 5 of 43 columns cut on the left.
    np.testing.assert_allclose(tracks.xy[0, :, 1], (3 * np.arange(9) + 0.5) * 32 / 24 - 0.5, atol=1e-4)
    np.testing.assert_allclose(tracks.xy[:, 0, 0], (np.array([8, 20]) + 0.5) * 43 / 32 - 0.5 - 5, atol=1e-4)
    assert tracks.visible[0, :8].all()
    assert list(tracks.visible[1, :3]) == [True, False, True]
    assert not case.annotation.exact
    assert case.annotation.estimated[0].label.startswith("tracks (CoTracker from drawn masks")
    assert suites.verify(suite) == ()


def test_movebench_tracks_are_part_of_the_digest_and_must_fit_the_video(movebench, protocol):
    [before] = FolderSuite(movebench, protocol).entries
    np.save(movebench / "en" / "track" / "single" / "a_1_tracks.npy", np.zeros((7, 2, 2), np.float32))
    suite = FolderSuite(movebench, protocol)
    [after] = suite.entries
    assert before.digest != after.digest
    with pytest.raises(VideoError, match=r"a_1_tracks\.npy is \[7, 2, 2\].*expected \[30, N, 2\]"):
        suite.load(after)


def test_a_movebench_folder_without_a_list_says_what_it_holds(movebench, protocol):
    (movebench / "prompts.csv").unlink()
    with pytest.raises(
        MissingResourceError, match=r"holds 1 MoveBench clips \(first: a_1\.mp4\) and no prompts\.csv"
    ) as told:
        FolderSuite(movebench, protocol)
    (movebench / "prompts.csv").write_text(str(told.value).partition("write one:\n")[2] + "\n")
    [entry] = FolderSuite(movebench, protocol).entries
    assert entry.reference_prompt == "A dog, brown, runs."


def test_a_movebench_list_without_a_caption_names_its_line(movebench, protocol):
    (movebench / "en" / "single_track.txt").write_text("a_1.mp4\n")
    with pytest.raises(UsageError, match=r"single_track\.txt:1: expected NAME\.mp4,caption, got 'a_1\.mp4'"):
        FolderSuite(movebench, protocol)
