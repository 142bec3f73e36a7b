from __future__ import annotations

import sys
from pathlib import Path

import pytest

from motionbench.data import places
from motionbench.data.manifest import FilePart, FileSource


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("MOTIONBENCH_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".cache/motionbench"),
        ("darwin", "Library/Caches/motionbench"),
        ("win32", "AppData/Local/motionbench/Cache"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(home, monkeypatch, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    assert places.cache() == home / expected


def test_variables_move_the_cache(home, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/xdg")
    assert places.cache() == Path("/var/xdg/motionbench")
    monkeypatch.setenv("MOTIONBENCH_CACHE", "~/elsewhere")
    assert places.cache() == home / "elsewhere"


def source(digit: str, url: str | None = "https://example.org/a.mp4") -> FileSource:
    return FileSource(file=FilePart(path="clips/a.mp4"), sha256=digit * 64, url=url, bytes=3)


def test_two_files_of_one_name_do_not_meet_in_the_cache():
    assert places.cached(source("1")) != places.cached(source("2"))
    assert places.cached(source("1")).name == "a.mp4"


def test_a_file_in_the_data_folder_goes_before_the_cache(tmp_path):
    assert places.of(source("1"), tmp_path) == places.cached(source("1"))
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").write_bytes(b"abc")
    assert places.of(source("1"), tmp_path) == tmp_path / "clips" / "a.mp4"


def test_a_file_without_an_address_is_in_the_data_folder_only(tmp_path):
    assert places.of(source("1", url=None), tmp_path) == tmp_path / "clips" / "a.mp4"


def test_the_data_folder_is_the_manifests_unless_told(tmp_path, monkeypatch):
    assert places.data_folder(tmp_path / "data_manifest.yaml") == tmp_path
    monkeypatch.setenv("MOTIONBENCH_CLIPS", "/videos")
    assert places.data_folder(tmp_path / "data_manifest.yaml") == Path("/videos")
