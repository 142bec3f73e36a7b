"""A gallery in one file."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from motionbench.errors import UsageError
from motionbench.gallery import onefile, page
from motionbench.gallery.exhibits import Exhibition
from motionbench.gallery.shelf import MARK, Shelf
from motionbench.store import Configuration

Maker = Callable[[int], tuple[Exhibition, Shelf]]


def test_everything_of_the_folder_stands_in_the_file_and_nothing_is_linked(
    configuration: Configuration, exhibition: Maker, tmp_path: Path
) -> None:
    shown, shelf = exhibition(2)
    path = tmp_path / "deep" / "one.html"
    size = onefile.write(path, shelf.folder, page.files(configuration, shown, shelf.grid))
    html = path.read_text(encoding="utf-8")
    assert size == path.stat().st_size
    assert re.findall(r'(?:src|href)="([^"]+)"', html) == ["data:,"]
    elements = dict(re.findall(r'<script type="text/plain" id="([^"]+)">data:[a-z/]+;base64,([^<]+)</script>', html))
    kept = {path.relative_to(shelf.folder).as_posix(): path for path in shelf.folder.glob("*/*.*")}
    assert set(elements) == set(kept)
    assert len(kept) > 3
    assert all(base64.b64decode(elements[name]) == path.read_bytes() for name, path in kept.items())


def test_scripts_are_in_their_order_after_what_they_read(
    configuration: Configuration, exhibition: Maker, tmp_path: Path
) -> None:
    shown, shelf = exhibition(1)
    onefile.write(tmp_path / "one.html", shelf.folder, page.files(configuration, shown, shelf.grid))
    html = (tmp_path / "one.html").read_text(encoding="utf-8")
    marks = ['id="pictures/', 'id="data"', "const makeClock", "const unrollFilm", "const makeVideo", "const makeRows"]
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)


def test_a_script_never_ends_early(gallery: Path) -> None:
    for name in page.ASSETS:
        assert "</script" not in (gallery / name).read_text(encoding="utf-8")
        assert "</style" not in (gallery / name).read_text(encoding="utf-8")


def test_a_file_too_large_is_refused_before_it_is_written(
    configuration: Configuration, exhibition: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onefile, "LARGEST", 1000)
    shown, shelf = exhibition(1)
    with pytest.raises(UsageError, match=r"Make a folder \(without --one-file\), or choose fewer --method"):
        onefile.write(tmp_path / "one.html", shelf.folder, page.files(configuration, shown, shelf.grid))
    assert not list(tmp_path.glob("one.html*"))


def test_only_a_gallery_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.html"
    mine.write_text("<!doctype html>my thesis")
    with pytest.raises(UsageError, match=r"thesis\.html is something else than a gallery; name a new file"):
        onefile.check(mine)
    with pytest.raises(UsageError, match=r"is a folder; name a file for --one-file, such as .*gallery\.html"):
        onefile.check(tmp_path)
    mine.write_text(f"<!doctype html>{MARK}")
    onefile.check(mine)
    onefile.check(tmp_path / "new.html")
