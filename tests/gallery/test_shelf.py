"""The folder of a gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motionbench.errors import UsageError
from motionbench.gallery.pictures import Grid
from motionbench.gallery.shelf import Forms, Shelf
from motionbench.types import Video

GRID = Grid(2, 1, 4, 4)


def video() -> Video:
    return Video(np.zeros((2, 4, 4, 3), np.uint8), 8.0)


def never() -> Video:
    raise RuntimeError("loaded again")


def test_a_picture_is_made_once_and_made_anew_at_another_size(tmp_path: Path) -> None:
    first = Shelf(tmp_path / "a", GRID)
    first.picture(first.name("x"), video)
    again = Shelf(tmp_path / "a", GRID)
    again.picture(again.name("x"), never)
    larger = Shelf(tmp_path / "a", Grid(2, 1, 8, 8))
    with pytest.raises(RuntimeError, match="loaded again"):
        larger.picture(larger.name("x"), never)


def test_files_for_players_are_made_once_and_swept_when_another_form_is_chosen(tmp_path: Path) -> None:
    loaded: list[int] = []

    def load() -> Video:
        loaded.append(1)
        return video()

    both = Shelf(tmp_path, GRID, forms=Forms(("h264", "webm"), 8.0))
    both.video("x", load)
    Shelf(tmp_path, GRID, forms=Forms(("webm", "h264"), 8.0)).video("x", never)
    assert len(loaded) == 1
    assert {path.name for path in (tmp_path / "films").iterdir()} == {"x.mp4", "x.webm"}
    one = Shelf(tmp_path, GRID, forms=Forms(("webm",), 8.0))
    one.video("x", never)
    one.sweep()
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["x.webm"]
    plain = Shelf(tmp_path, GRID)
    plain.video("x", video)
    plain.sweep()
    assert not list((tmp_path / "films").iterdir())
    assert (tmp_path / "pictures" / "x.webp").is_file()


def test_an_interrupted_gallery_says_so_and_can_be_made_again(tmp_path: Path) -> None:
    Shelf(tmp_path, GRID).picture("x", video)
    assert "not finished" in (tmp_path / "index.html").read_text(encoding="utf-8")
    Shelf(tmp_path, GRID).picture("x", never)


def test_what_an_earlier_gallery_showed_is_swept_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, GRID)
    shelf.picture("kept", video)
    (tmp_path / "pictures" / "private.webp").write_bytes(b"")
    (tmp_path / "points" / "private.js").write_bytes(b"")
    shelf.sweep()
    assert [path.name for path in sorted(tmp_path.rglob("*.*"))] == ["index.html", "kept.webp"]


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my thesis")
    with pytest.raises(UsageError, match="holds something else than a gallery; name a new folder"):
        Shelf(tmp_path, GRID)
    with pytest.raises(UsageError, match=r"index\.html is a file"):
        Shelf(tmp_path / "index.html", GRID)


def test_names_are_hexadecimal_whatever_the_content(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, GRID)
    name = shelf.name("reference ../../<b>")
    assert len(name) == 24
    assert set(name) <= set("0123456789abcdef")
