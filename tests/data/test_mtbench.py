"""MTBench as its authors publish it: more or fewer masks than pictures, and tracks in a saved tensor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from motionbench.data import decoding, mtbench, suites
from motionbench.data.folder import FolderSuite
from motionbench.errors import VideoError

SIZE, PICTURES, POINTS = (24, 32), 24, 3


def masks_into(folder, count):
    """Mask k has a white row k; its edges are grey, as scaling leaves them."""
    folder.mkdir(parents=True)
    for k in range(count):
        grey = np.zeros(SIZE, np.uint8)
        grey[k % 20] = 255
        grey[k % 20 + 1] = 90
        Image.fromarray(grey).save(folder / f"{k:05d}.png")


@pytest.fixture
def clip(tmp_path, film):
    film("MTBench/dog/videos/dog.mp4", PICTURES, size=SIZE)
    folder = tmp_path / "MTBench" / "dog"
    (folder / "prompts.txt").write_text("A dog walks.\n")
    (folder / "eval_prompts.txt").write_text("A robot walks.  \nA bear walks.")
    steps = torch.arange(PICTURES, dtype=torch.float32)[:, None].expand(-1, POINTS)
    x = torch.tensor([4.0, 16.0, 28.0]).expand(PICTURES, -1)
    seen = torch.ones(PICTURES, POINTS)
    seen[0] = 0
    (folder / "trajectories").mkdir()
    torch.save(torch.stack([x / SIZE[1], steps / SIZE[0], seen], dim=-1), folder / "trajectories" / "dog.pth")
    return folder


def loaded(clip, protocol):
    suite = FolderSuite(clip.parent, protocol)
    return suite.load(suite.entries[0]).annotation


def test_tracks_are_fractions_of_the_frame_and_marked_as_estimates(clip, protocol):
    annotation = loaded(clip, protocol)
    # 24x32 on 32x32: scaled by 4/3 about pixel corners, 5 of 43 columns cut on the left.
    down = (np.arange(9) + 0.5) * 32 / 24 - 0.5
    np.testing.assert_allclose(annotation.tracks.xy[1, :, 1], down, atol=1e-4)
    np.testing.assert_allclose(annotation.tracks.xy[1, :, 0], 16.5 * 43 / 32 - 0.5 - 5, atol=1e-4)
    assert not annotation.tracks.visible[:, 0].any()
    assert annotation.tracks.visible[1, 1:].all()
    assert [one.part for one in annotation.estimated] == ["tracks"]


def test_where_there_are_more_masks_the_video_is_the_beginning(clip, protocol):
    masks_into(clip / "masks" / "dog", PICTURES + 15)
    annotation = loaded(clip, protocol)
    rows = [int(np.flatnonzero(mask.any(axis=1))[0]) for mask in annotation.masks[0]]
    assert rows == [round(k * 32 / 24) for k in range(9)]
    assert [one.part for one in annotation.estimated] == ["tracks"]


def test_where_there_are_fewer_the_sequence_was_stretched_and_they_are_estimates(clip, protocol):
    masks_into(clip / "masks" / "dog", 12)
    annotation = loaded(clip, protocol)
    assert {one.part for one in annotation.estimated} == {"masks", "tracks"}
    last = np.flatnonzero(annotation.masks[0, 8].any(axis=1))[0]
    assert abs(last - round(8 * 11 / 23) * 32 / 24) <= 1


def test_a_mask_of_the_first_picture_alone_says_nothing_of_later_ones(clip, protocol):
    masks_into(clip / "masks" / "dog", 1)
    assert loaded(clip, protocol).masks is None


def test_grey_edges_belong_to_what_they_are_nearer_to(clip, protocol):
    masks_into(clip / "masks" / "dog", PICTURES)
    heights = loaded(clip, protocol).masks[0].any(axis=2).sum(axis=1)
    assert heights.max() <= 2


@pytest.mark.parametrize(("images", "pictures"), [(5, 5), (9, 5), (3, 5), (25, 49), (2, 4)])
def test_every_picture_gets_a_mask_in_order(tmp_path, images, pictures):
    paths = [tmp_path / f"{k}.png" for k in range(images)]
    places = [paths.index(path) for path in mtbench.spread(paths, pictures)]
    assert len(places) == pictures
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == min(images, pictures) - 1


def test_tracks_are_part_of_the_digest(clip, protocol):
    [before, _] = FolderSuite(clip.parent, protocol).entries
    torch.save(torch.zeros(PICTURES, 2, 3), clip / "trajectories" / "dog.pth")
    [after, _] = FolderSuite(clip.parent, protocol).entries
    assert before.digest != after.digest


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: torch.save(torch.zeros(7, 2, 3), path), r"is \[7, 2, 3\]; expected \[\d+, N, 3\]"),
        (lambda path: torch.save(torch.zeros(PICTURES, 2), path), r"is \[24, 2\]"),
        (lambda path: path.write_bytes(b"no"), "is not a saved tensor"),
        (lambda path: path.write_bytes(b""), "is not a saved tensor"),
        (lambda path: torch.save({"tracks": "x"}, path), "is not a saved tensor"),
        (lambda path: torch.save(Harmful(), path), "is not a saved tensor"),
    ],
)
def test_other_tracks_are_refused(clip, protocol, harm, message):
    harm(clip / "trajectories" / "dog.pth")
    [fault] = suites.verify(FolderSuite(clip.parent, protocol))
    assert "dog.pth" in fault.message
    with pytest.raises(VideoError, match=message):
        loaded(clip, protocol)


def test_the_film_has_as_many_pictures_as_the_tests_suppose(clip):
    assert sum(1 for _ in decoding.pictures(clip / "videos" / "dog.mp4")) == PICTURES
