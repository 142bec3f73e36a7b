from __future__ import annotations

import numpy as np
import pytest

from motionbench.contracts import Suite
from motionbench.data import suites
from motionbench.data.folder import FolderSuite
from motionbench.errors import MissingResourceError, UsageError, VideoError

LIST = """\
file,category,reference_prompt,prompt,prompt_2
a.mp4,human,a man walks,a robot in a desert,"a knight, in armour"
b.gif,camera,a garden,a harbour,
"""


@pytest.fixture
def folder(tmp_path, film):
    film("a.mp4", 24)
    film("b.gif", 24, codec="gif", pixels="rgb8", step=5)
    (tmp_path / "prompts.csv").write_text(LIST)
    return tmp_path


def test_a_folder_is_a_suite(folder, protocol):
    suite = FolderSuite(folder, protocol)
    assert isinstance(suite, Suite)
    assert [entry.id for entry in suite.entries] == ["a--p1", "a--p2", "b--p1"]
    assert [entry.prompt for entry in suite.entries] == ["a robot in a desert", "a knight, in armour", "a harbour"]
    assert suite.name == folder.name


def test_cases_are_decoded_without_annotation_and_other_is_the_next_clip(folder, protocol):
    suite = FolderSuite(folder, protocol)
    first, _, last = (suite.load(entry) for entry in suite.entries)
    assert first.reference.size == (9, 32, 32)
    assert first.annotation.masks is None
    assert not first.annotation.exact
    assert first.perfect is None
    np.testing.assert_array_equal(first.other.frames, last.reference.frames)
    np.testing.assert_array_equal(last.other.frames, first.reference.frames)
    assert suites.verify(suite) == ()


def test_the_digest_follows_bytes_and_settings_not_names(folder, protocol):
    plain = FolderSuite(folder, protocol).entries
    (folder / "a.mp4").rename(folder / "c.mp4")
    (folder / "prompts.csv").write_text(LIST.replace("a.mp4", "c.mp4"))
    assert FolderSuite(folder, protocol).entries[0].digest == plain[0].digest
    (folder / "c.mp4").write_bytes((folder / "c.mp4").read_bytes() + b"\0")
    assert FolderSuite(folder, protocol).entries[0].digest != plain[0].digest
    (folder / "prompts.csv").write_text(
        LIST.replace("a.mp4,", "c.mp4,").replace("prompt_2", "start").replace('"a knight, in armour"', "2")
    )
    assert FolderSuite(folder, protocol).entries[-1].digest == plain[-1].digest


def test_a_file_that_changed_after_planning_is_refused(folder, protocol):
    suite = FolderSuite(folder, protocol)
    entry = suite.entries[0]
    (folder / "a.mp4").write_bytes(b"other")
    with pytest.raises(MissingResourceError, match="a has changed since the run was planned"):
        suite.load(entry)


def test_a_folder_that_is_absent_says_what_to_make(tmp_path, protocol):
    with pytest.raises(MissingResourceError, match=r"no folder .*nowhere; make it") as caught:
        FolderSuite(tmp_path / "nowhere", protocol)
    assert caught.value.exit_code == 6
    assert "file,category,reference_prompt,prompt\ndance.mp4,human," in str(caught.value)


def test_an_empty_folder_says_what_to_put_there(tmp_path, protocol):
    with pytest.raises(MissingResourceError, match=r"holds no videos and no prompts\.csv; write one:\nfile,category"):
        FolderSuite(tmp_path, protocol)


def test_a_folder_without_a_list_names_its_videos(folder, protocol):
    (folder / "prompts.csv").unlink()
    with pytest.raises(MissingResourceError, match=r"holds 2 videos \(first: a\.mp4\) and no prompts\.csv"):
        FolderSuite(folder, protocol)


def test_a_list_without_rows_is_refused(folder, protocol):
    (folder / "prompts.csv").write_text(LIST.splitlines()[0] + "\n")
    with pytest.raises(MissingResourceError, match=r"prompts\.csv lists no videos; add a row for each"):
        FolderSuite(folder, protocol)


def test_missing_files_are_all_named(folder, protocol):
    (folder / "prompts.csv").write_text(LIST.replace("a.mp4", "x.mp4").replace("b.gif", "y.gif"))
    with pytest.raises(MissingResourceError, match=r"lists 2 files that are not in .*: x\.mp4, y\.gif"):
        FolderSuite(folder, protocol)


def test_two_files_of_one_name_are_refused(folder, film, protocol):
    film("a.mkv", 24)
    (folder / "prompts.csv").write_text(LIST.replace("b.gif", "a.mkv"))
    with pytest.raises(UsageError, match=r"a\.mp4 and a\.mkv would both be named 'a'; rename one"):
        FolderSuite(folder, protocol)


def test_a_broken_video_is_named_when_its_case_is_loaded(folder, protocol):
    (folder / "a.mp4").write_bytes((folder / "a.mp4").read_bytes()[:200])
    suite = FolderSuite(folder, protocol)
    with pytest.raises(VideoError, match=r"a\.mp4 cannot be read as a video"):
        suite.load(suite.entries[0])
    assert [fault.reference_id for fault in suites.verify(suite)] == ["a"]


def test_a_broken_video_fails_no_case_but_its_own(folder, protocol):
    (folder / "a.mp4").write_bytes((folder / "a.mp4").read_bytes()[:200])
    suite = FolderSuite(folder, protocol)
    case = suite.load(suite.entries[-1])
    assert case.reference_id == "b"
    assert case.other is None


def test_real_clips_make_a_suite(tmp_path, real_clips, protocol):
    (tmp_path / "prompts.csv").write_text(
        "file,category,reference_prompt,prompt\n"
        f"{real_clips / 'kitchen_dolly.mp4'},camera,a dining table in a kitchen,a library with a long desk\n"
        f"{real_clips / 'man_skiing.mp4'},human,a man is skiing,a panda skis on sand\n"
    )
    suite = FolderSuite(tmp_path, protocol)
    assert [suite.load(entry).reference.size for entry in suite.entries] == [(9, 32, 32)] * 2
