from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from motionbench.data import video
from motionbench.data.resampling import Cut
from motionbench.errors import VideoError
from motionbench.types import Protocol, Video

LEVEL_ATOL = 4.0
"""Grey levels that lossy coding may move."""


def levels(seen: Video) -> list[float]:
    """Which picture each frame shows, from the grey of its corner away from the white patch."""
    return [float(frame[-4:, -4:].mean()) / 10 for frame in seen.frames]


def noise(frames: int = 5, height: int = 33, width: int = 47, fps: float = 30000 / 1001) -> Video:
    rng = np.random.default_rng(3)
    return Video(rng.integers(0, 256, (frames, height, width, 3), dtype=np.uint8), fps)


def test_lossless_files_give_back_every_byte_and_the_exact_rate(tmp_path):
    written = noise()
    video.write_lossless(tmp_path / "a.mkv", written)
    seen = video.read_lossless(tmp_path / "a.mkv")
    np.testing.assert_array_equal(seen.frames, written.frames)
    assert seen.fps == written.fps
    assert seen.digest() == written.digest()


def test_equal_videos_make_equal_lossless_files(tmp_path):
    video.write_lossless(tmp_path / "a.mkv", noise())
    video.write_lossless(tmp_path / "b.mkv", noise())
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_a_lossless_file_with_one_changed_byte_is_refused(tmp_path):
    path = tmp_path / "a.mkv"
    video.write_lossless(path, noise())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"a\.mkv is damaged: expected the digest [0-9a-f]{64}, got [0-9a-f]{64}"):
        video.read_lossless(path)


def test_a_lossless_file_that_lost_its_last_frame_is_refused(tmp_path):
    path = tmp_path / "a.mkv"
    video.write_lossless(path, noise())
    content = path.read_bytes()
    path.write_bytes(content[: int(0.9 * len(content))])
    with pytest.raises(VideoError, match=r"a\.mkv is (damaged|truncated)"):
        video.read_lossless(path)


def test_read_lossless_refuses_other_files(film):
    with pytest.raises(VideoError, match="is not a lossless video of ours"):
        video.read_lossless(film("x.mp4", 9))


def test_mp4_for_looking_at_is_close_and_even_sized(tmp_path):
    ramp = np.linspace(0, 255, 47)[None, None, :, None] * np.ones((5, 33, 1, 3))
    video.write_mp4(tmp_path / "a.mp4", Video(ramp.astype(np.uint8), 8.0))
    seen = video.read(tmp_path / "a.mp4")
    assert seen.size == (5, 34, 48)
    assert seen.fps == pytest.approx(8.0, rel=1e-6)
    np.testing.assert_allclose(seen.frames[:, :33, :47], ramp, rtol=0, atol=8)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mkv", "libx264", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
    ],
)
def test_every_container_is_brought_to_the_protocol(film, protocol, name, codec, pixels):
    seen = video.read(film(name, 20, codec=codec, pixels=pixels), protocol)
    assert seen.size == (9, 32, 32)
    assert seen.fps == 8.0
    # 8-bit gifs have 8 levels of red and green.
    np.testing.assert_allclose(levels(seen), np.arange(9), rtol=0, atol=2.0 if name == "a.gif" else LEVEL_ATOL / 10)


def test_a_faster_file_drops_pictures_by_time(film, protocol):
    seen = video.read(film("a.mp4", 20, rate=16), protocol)
    np.testing.assert_allclose(levels(seen), 2 * np.arange(9), rtol=0, atol=LEVEL_ATOL / 10)


def test_a_variable_rate_file_is_resampled_by_its_time_stamps(film, protocol):
    # Pictures at 0, 300, 320, 620, 640, … ms; frames at 0, 125, 250, 375, … ms.
    times = np.cumsum([0] + [20 if k % 2 else 300 for k in range(19)]).tolist()
    seen = video.read(film("a.mp4", 20, times=times), protocol)
    nearest = [int(np.argmin([abs(time - 125 * k) for time in times])) for k in range(9)]
    assert nearest == [0, 0, 1, 2, 3, 3, 4, 5, 6]
    np.testing.assert_allclose(levels(seen), nearest, rtol=0, atol=LEVEL_ATOL / 10)


def test_without_a_protocol_all_pictures_come_at_their_mean_rate(film):
    seen = video.read(film("a.mp4", 12, rate=12))
    assert seen.size == (12, 48, 64)
    assert seen.fps == pytest.approx(12.0, rel=1e-3)


def test_a_cut_skips_pictures_and_plays_faster(film, protocol):
    seen = video.read(film("a.mp4", 24), protocol, Cut(start=3, every=2))
    np.testing.assert_allclose(levels(seen), 3 + 2 * np.arange(9), rtol=0, atol=LEVEL_ATOL / 10)


def test_a_rotation_that_the_file_asks_for_is_applied(film):
    upright, turned = (video.read(film(f"{angle}.mp4", 9, rotation=angle)) for angle in (0, 90))
    assert turned.size == (9, 64, 48)
    np.testing.assert_allclose(turned.frames, np.rot90(upright.frames, axes=(1, 2)), rtol=0, atol=LEVEL_ATOL)


def test_a_rotated_file_is_cropped_upright(film, protocol):
    seen = video.read(film("a.mp4", 9, rotation=90), protocol)
    assert seen.frames[0, -4:, :4].min() > 240
    assert seen.frames[0, :4].max() < 15


def test_resizing_fills_the_frame_and_keeps_the_centre(film, protocol):
    # 48 × 64 shrinks to 32 × 43 and loses 5 columns on the left: the white patch of 21 columns keeps 9.
    frame = video.read(film("a.mp4", 9), protocol).frames[0, :, :, 0]
    assert frame[:9, :8].min() > 240
    assert frame[:, 12:].max() < 15


def test_a_folder_of_images_is_read_in_natural_order(tmp_path, protocol):
    folder = images(tmp_path / "frames", 12)
    seen = video.read(folder, protocol, Cut(fps=8.0))
    np.testing.assert_array_equal(levels(seen), np.arange(9))


def images(folder: Path, count: int) -> Path:
    folder.mkdir()
    for k in range(count):
        rgb = np.full((32, 32, 3), 10 * k, np.uint8)
        av.VideoFrame.from_ndarray(rgb, format="rgb24").save(str(folder / f"{k + 1}.png"))
    return folder


def test_a_folder_of_images_needs_its_rate(tmp_path, protocol):
    with pytest.raises(VideoError, match="does not say how fast its images follow each other; give its fps"):
        video.read(images(tmp_path / "frames", 3), protocol)


def test_images_of_two_sizes_are_refused(tmp_path, protocol):
    folder = images(tmp_path / "frames", 3)
    av.VideoFrame.from_ndarray(np.zeros((16, 32, 3), np.uint8), format="rgb24").save(str(folder / "4.png"))
    with pytest.raises(VideoError, match=r"4\.png is 32x16, 1\.png is 32x32"):
        video.read(folder, protocol, Cut(fps=8.0))


def test_a_video_that_is_too_short_says_how_long_it_has_to_be(film, protocol):
    expected = (
        r"a\.mp4 is too short: 0\.50 s from the first to the last of its 5 pictures; "
        r"the protocol small-v1 needs 0\.94 s \(9 frames at 8 a second\)"
    )
    with pytest.raises(VideoError, match=expected):
        video.read(film("a.mp4", 5), protocol)


def test_a_cut_beyond_the_end_is_too_short(film, protocol):
    with pytest.raises(VideoError, match="0 pictures from picture 50 on"):
        video.read(film("a.mp4", 12), protocol, Cut(start=50))


def break_off(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize(("name", "codec", "pixels"), [("a.mp4", "libx264", "yuv420p"), ("a.gif", "gif", "rgb8")])
def test_a_truncated_file_is_refused(film, protocol, name, codec, pixels, share):
    path = break_off(film(name, 40, codec=codec, pixels=pixels), share)
    with pytest.raises(VideoError, match="truncated"):
        video.read(path, protocol)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_mp4_that_begins_with_its_index_is_refused(tmp_path, protocol, share):
    video.write_mp4(tmp_path / "a.mp4", noise(30, 32, 32, 8.0))
    with pytest.raises(VideoError, match=r"a\.mp4 is truncated: picture \d+ is incomplete; copy or download it again"):
        video.read(break_off(tmp_path / "a.mp4", share), protocol)


def test_a_truncated_mkv_is_refused(film, protocol):
    path = break_off(film("a.mkv", 60, size=(128, 128)), 0.5)
    with pytest.raises(VideoError, match="truncated"):
        video.read(path, protocol)


def test_an_empty_file_is_refused(tmp_path, protocol):
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(VideoError, match=r"a\.mp4 is empty \(0 bytes\); copy or download it again"):
        video.read(tmp_path / "a.mp4", protocol)


def test_a_missing_file_is_named(tmp_path, protocol):
    with pytest.raises(VideoError, match=r"gone\.mp4 does not exist; check the path"):
        video.read(tmp_path / "gone.mp4", protocol)


@pytest.mark.parametrize("name", ["a.txt", "a.mp4"])
def test_text_is_not_a_video(tmp_path, protocol, name):
    (tmp_path / name).write_text("a robot dances\n" * 100)
    with pytest.raises(VideoError, match="not a video"):
        video.read(tmp_path / name, protocol)


def test_a_file_with_sound_only_is_refused(tmp_path, protocol):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = 44100, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match="holds audio but no pictures; give a file with a video stream"):
        video.read(path, protocol)


@pytest.mark.parametrize(("name", "codec", "pixels"), [("a.mp4", "libx264", "yuv420p"), ("a.gif", "gif", "rgb8")])
def test_a_still_image_is_not_a_video(film, protocol, name, codec, pixels):
    with pytest.raises(VideoError, match="holds one picture only, a still image; a video needs at least two"):
        video.read(film(name, 1, codec=codec, pixels=pixels), protocol)


def test_pictures_without_time_stamps_are_refused(tmp_path, film, protocol):
    with av.open(str(film("a.mp4", 20))) as source, (tmp_path / "raw.h264").open("wb") as raw:
        stream = source.streams.video[0]
        annexb = av.bitstream.BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in source.demux(stream):
            for part in annexb.filter(packet):
                raw.write(bytes(part))
    with pytest.raises(VideoError, match=r"picture 0 has no time stamp; write the times anew: ffmpeg -i raw\.h264"):
        video.read(tmp_path / "raw.h264", protocol)


def test_real_clips_of_every_kind_are_brought_to_the_mini_protocol(real_clips):
    protocol = Protocol("mini-v1", 17, 8.0, 64, 64, "dis-flow", 16)
    for name in ("kitchen_dolly.mp4", "sign_walk.mkv", "car_turn.mp4"):
        seen = video.read(real_clips / name, protocol)
        assert seen.size == (17, 64, 64)
        assert seen.frames.std() > 10
    with pytest.raises(VideoError, match=r"handheld_desk\.mp4 is too short: 1\.17 s"):
        video.read(real_clips / "handheld_desk.mp4", protocol)
