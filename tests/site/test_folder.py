"""The folder: whole or untouched, and never somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from motionbench.errors import MissingResourceError, UsageError
from motionbench.site import folder


def test_a_site_is_replaced_as_a_whole(tmp_path: Path) -> None:
    site, results = tmp_path / "site", tmp_path / "results"
    folder.replace(site, {"index.html": b"one", "old/page.html": b"gone"})
    folder.check(site, results)
    folder.replace(site, {"index.html": b"two"})
    assert (site / "index.html").read_bytes() == b"two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]
    assert not (site / "old").exists()


def test_a_folder_with_a_strange_file_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "site"
    folder.replace(site, {"index.html": b"one"})
    (site / "thesis.tex").write_text("years")
    with pytest.raises(UsageError, match=r"holds something else than a site \(thesis\.tex\); name a new folder"):
        folder.check(site, tmp_path / "results")


def test_results_are_never_inside_what_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(UsageError, match="name another folder for the site"):
        folder.check(tmp_path, tmp_path / "results")


def test_a_link_or_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="is not a folder"):
        folder.check(tmp_path / "link", tmp_path / "results")


def test_what_fails_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    site = tmp_path / "site"
    folder.replace(site, {"index.html": b"one"})
    with pytest.raises(MissingResourceError, match="cannot write"):
        folder.replace(site, {"index.html": b"two", "a.png": tmp_path / "absent.png"})
    assert (site / "index.html").read_bytes() == b"one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]
