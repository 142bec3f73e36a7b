"""Data sets of others as suites: fetched from an address or a hub, opened before and after."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from motionbench import request
from motionbench.data import dataset_fetching, manifest_file, places
from motionbench.data.datasets import DatasetSuite
from motionbench.data.inspection import summaries, verify
from motionbench.data.manifest import Archive, DatasetEntry
from motionbench.errors import MissingResourceError, UsageError
from motionbench.forecast import needs
from motionbench.gallery import licences
from motionbench.request import Question
from tests.data import file_server, hub_server

NAMES = ("davis-2017", "mtbench", "movebench")


def picture(level: int, suffix: str) -> bytes:
    written = io.BytesIO()
    shape = (24, 36, 3) if suffix == "JPEG" else (24, 36)
    Image.fromarray(np.full(shape, level, np.uint8)).save(written, suffix)
    return written.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return written.getvalue()


@pytest.fixture
def davis() -> bytes:
    frames = {f"DAVIS/JPEGImages/480p/bear/{k:05d}.jpg": picture(3 * k, "JPEG") for k in range(40)}
    masks = {f"DAVIS/Annotations/480p/bear/{k:05d}.png": picture(1, "PNG") for k in range(40)}
    return zipped({"DAVIS/README.md": b"x", "elsewhere/note.txt": b"y", **frames, **masks})


def entry(body: bytes, url: str) -> DatasetEntry:
    archive = Archive(url=url, sha256=hashlib.sha256(body).hexdigest(), bytes=len(body), folder="DAVIS")
    return DatasetEntry(summary="s", protocol="core-v1", homepage="https://a.example", licence="l", archive=archive)


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_can_be_opened_before_it_is_here(name):
    suite = DatasetSuite(name)
    assert suite.unfetched
    assert suite.protocol.frames in (25, 49, 81)
    with pytest.raises(MissingResourceError, match=f"type: motionbench data fetch {name}"):
        _ = suite.entries
    row = next(row for row in summaries() if row.name == name)
    assert row.unfetched
    assert not row.broken


def test_an_unknown_data_set_is_told_with_a_near_name():
    with pytest.raises(UsageError, match="did you mean 'davis-2017'"):
        DatasetSuite("davis-2016")


def test_an_archive_is_checked_unpacked_and_becomes_a_suite(davis):
    with file_server.running() as server:
        server.files["d.zip"] = davis
        server.answers["d.zip"] = file_server.breaks_off
        place = dataset_fetching.fetch("davis-2017", entry(davis, f"{server.url}/d.zip"))
        again = dataset_fetching.fetch("davis-2017", entry(davis, f"{server.url}/d.zip"))
        assert server.counts["d.zip"] == 2  # once cut off, once gone on with; not a third time
    assert place == again == places.dataset("davis-2017")
    assert sorted(path.name for path in place.iterdir()) == [
        ".motionbench.json", "Annotations", "JPEGImages", "README.md"
    ]  # fmt: skip
    assert [path.name for path in place.parent.iterdir()] == ["davis-2017"]
    suite = DatasetSuite("davis-2017")
    assert not suite.unfetched
    assert [case.id for case in suite.entries] == [f"bear--{k}" for k in ("caption", "subject", "scene", "motion-free")]
    case = suite.load(suite.entries[0])
    assert case.annotation.masks.shape == (1, 25, 480, 720)
    assert {case.suite for case in suite.entries} == {"davis-2017"}
    assert verify(suite) == ()
    row = next(row for row in summaries() if row.name == "davis-2017")
    assert (row.references, row.cases, row.unfetched) == (1, 4, False)


def test_another_archive_is_refused_and_nothing_is_there(davis):
    with file_server.running() as server:
        server.files["d.zip"] = bytes(reversed(davis))
        with pytest.raises(MissingResourceError, match="another file than the manifest says"):
            dataset_fetching.fetch("davis-2017", entry(davis, f"{server.url}/d.zip"))
    assert DatasetSuite("davis-2017").unfetched


@pytest.mark.parametrize("name", ["DAVIS/../../out.txt", "DAVIS/a/../../../out.txt"])
def test_no_member_leaves_the_folder(tmp_path, name):
    body = zipped({name: b"out"})
    (tmp_path / "d.zip").write_bytes(body)
    with pytest.raises(MissingResourceError, match="which leaves its folder"):
        dataset_fetching.fetch("davis-2017", entry(body, (tmp_path / "d.zip").as_uri()))
    assert not list(tmp_path.rglob("out.txt"))


def test_what_is_no_zip_is_told(tmp_path):
    (tmp_path / "d.zip").write_bytes(b"not a zip")
    with pytest.raises(MissingResourceError, match="is not a whole zip file"):
        dataset_fetching.fetch("davis-2017", entry(b"not a zip", (tmp_path / "d.zip").as_uri()))


def test_a_full_disk_is_told_before_the_download(davis, monkeypatch):
    monkeypatch.setattr(dataset_fetching, "free_bytes", lambda folder: 1000)
    with pytest.raises(MissingResourceError, match=r"the disk is too small: d\.zip and what is in it take"):
        dataset_fetching.fetch("davis-2017", entry(davis, "https://a.example/d.zip"))


@pytest.fixture
def online(monkeypatch):
    """The hub's client may connect, to this machine alone: no test has another address."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True, raising=False)


@pytest.mark.usefixtures("online")
def test_a_repository_of_the_hub_is_fetched_at_its_newest_commit_which_is_noted(film, tmp_path):
    film("clip.mp4", 49, size=(48, 72))
    files = {
        "README.md": b"x",
        "dog/videos/dog.mp4": (tmp_path / "clip.mp4").read_bytes(),
        "dog/prompts.txt": b"A dog walks.",
        "dog/eval_prompts.txt": b"A cat walks.\nA bear walks.",
    }
    mtbench = manifest_file.load().datasets["mtbench"]
    with hub_server.running("QingyuShi/MTBench", files) as server:
        place = dataset_fetching.fetch("mtbench", mtbench, server.url)
    assert hub_server.COMMIT in (place / dataset_fetching.RECEIPT).read_text()
    suite = DatasetSuite("mtbench")
    assert [case.id for case in suite.entries] == ["dog--p1", "dog--p2"]
    assert verify(suite) == ()


@pytest.mark.usefixtures("online")
def test_a_repository_that_is_not_there_is_told_with_what_to_type():
    movebench = manifest_file.load().datasets["movebench"]
    with (
        hub_server.running("Some/Other", {}) as server,
        pytest.raises(MissingResourceError, match="Or: hf download Ruihang/MoveBench --repo-type dataset"),
    ):
        dataset_fetching.fetch("movebench", movebench, server.url)
    assert DatasetSuite("movebench").unfetched


def test_a_hub_has_no_folder_as_its_mirror(tmp_path):
    with pytest.raises(UsageError, match="--mirror names another one"):
        dataset_fetching.fetch("mtbench", manifest_file.load().datasets["mtbench"], str(tmp_path))


def test_a_link_to_a_copy_does_and_the_layout_may_lie_a_folder_deeper(tmp_path, film):
    for name in ("a", "b"):
        film(f"copy/MTBench/{name}/videos/{name}.mp4", 49, size=(48, 72))
        for file in ("prompts.txt", "eval_prompts.txt"):
            Path(tmp_path / "copy" / "MTBench" / name / file).write_text("A cat walks.")
    place = places.dataset("mtbench")
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "copy")
    assert [case.id for case in DatasetSuite("mtbench").entries] == ["a--p1", "b--p1"]
    asked = request.resolve(Question(("copy-reference",), "mtbench", metrics=("clip_temporal",), controls=False))
    [terms] = [one for one in needs.licences(asked) if "reference" in one.of]
    assert terms.of == "2 reference videos of mtbench"
    assert "YouTube-VOS" in terms.terms
    closed = licences.withheld(asked.suite, ["a"])
    assert closed["a"].startswith("the terms of mtbench: ")
