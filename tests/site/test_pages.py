"""The pages as text: every kind is there, links stay within the site, hostile text is text, bytes repeat."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from motionbench import registry
from motionbench.conformance.records import Check, Report
from motionbench.gallery.shelf import MARK
from motionbench.leaderboard.sheets import Cell, Line, Sheet
from motionbench.registry import Entry
from motionbench.site import inputs, markup, sortable
from motionbench.site.building import files
from motionbench.site.catalogue import Catalogue
from motionbench.site.groups import groups
from motionbench.site.names import slug, web
from motionbench.specs import MethodSpec, PaperResult

HOSTILE = "../<img src=x onerror=\"document.title='owned'\">@BODY@"


def built(results: Path, *reports: Report) -> dict[str, str]:
    made, _ = groups(inputs.find(results).sources)
    pages = files(Catalogue(made, reports))
    return {path: page.decode() for path, page in pages.items() if isinstance(page, bytes)}


def test_every_link_leads_to_a_page_of_the_site_and_no_path_leaves_it(results: Path) -> None:
    pages = built(results)
    for path, text in pages.items():
        assert re.fullmatch(r"([a-z]+/)?[a-z0-9-]+\.html", path)
        for address in map(unescape, re.findall(r'href="([^"]*)"', text)):
            if not address.startswith(("#", "https://")):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), address)) in pages
    kinds = {"index.html", "records.html", "tables/first.html", "categories/camera.html", "methods/late.html"}
    assert kinds < set(pages)


def test_the_same_records_make_the_same_bytes(results: Path) -> None:
    assert built(results) == built(results)


def test_nothing_is_loaded_and_only_our_own_script_runs(results: Path) -> None:
    for text in built(results).values():
        assert "<img" not in text
        assert text.count("<script>") == 1
        assert not re.search(r'(src|href)="(//|javascript:|data:)', text)
        assert "default-src 'none'; style-src 'sha256-" in text
        # The hostile name holds @BODY@: it must not be filled in.
        assert text.count('<main id="main">') == 1


def test_other_suites_and_the_notice_stand_apart(results: Path) -> None:
    index = built(results)["index.html"]
    assert index.count("<table") == 2
    assert "suite: s in first.json, other in third.json" in index
    assert '<p class="notice">Noise &lt;proves&gt; nothing.</p>' in index
    assert "Least difference" not in index


def test_a_method_page_has_its_rows_its_categories_its_source_and_what_the_record_says(results: Path) -> None:
    pages = built(results)
    page = pages["methods/late.html"]
    assert "summary of late" in page
    assert "This method was not installed" in page
    assert "runs-on-mini: runs on the mini models" in page
    assert "late by category" in page
    assert inputs.find(results).sources[1].digest in page
    assert "first.json" not in re.sub(r"<h2>.*?</h2>", "", page)
    assert HOSTILE not in "".join(pages.values())


def test_a_method_that_is_installed_is_described_by_its_spec(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = MethodSpec(
        "late",
        "m:C",
        "from the spec",
        "2",
        "javascript:alert(1) a paper",
        "MIT",
        upstream="https://example.org/code@0123abc",
        status="not-reproducing",
        paper_results=(PaperResult("up", 0.9, "theirs", "Table 1"),),
    )
    monkeypatch.setattr(registry, "entries", lambda kind: (Entry(kind, "late", "late", "d", spec, None),))
    pages = built(results)
    page = pages["methods/late.html"]
    assert '<span class="badge bad">not-reproducing: the paper' in page
    assert '<a href="https://example.org/code" rel="noopener noreferrer">https://example.org/code@0123abc</a>' in page
    assert "<dd>javascript:alert(1) a paper</dd>" in page
    assert "quoted from papers, not measured here" in pages["tables/first.html"].split("By category")[1]


def test_a_report_of_the_contract_is_a_badge_with_its_checks(results: Path) -> None:
    checks = (Check("seeds", "pass", "same"), Check("pure", "fail", "<b>"), Check("odd", "not applicable", ""))
    page = built(results, Report("late", "1", "b", "s", "0", "2026-01-02", checks))["methods/late.html"]
    assert '<span class="badge bad">contract 1: 1/2 checks, 2026-01-02</span>' in page
    assert "pure: &lt;b&gt;" in page


def test_a_gallery_is_copied_and_linked_and_may_hold_no_links_out(results: Path, tmp_path: Path) -> None:
    gallery = results / "second.gallery"
    gallery.mkdir()
    (gallery / "index.html").write_text(MARK)
    made, _ = groups(inputs.find(results).sources)
    pages = files(Catalogue(made))
    (copied,) = [path for path, page in pages.items() if isinstance(page, Path)]
    assert copied == f"galleries/{slug('second.json')}/index.html"
    assert f'href="../{copied}"'.encode() in bytes(pages["methods/late.html"])  # type: ignore[arg-type]
    (gallery / "secret").symlink_to(tmp_path)
    with pytest.raises(inputs.UsageError, match="secret is a link"):
        files(Catalogue(made))


def test_characters_that_turn_the_text_around_are_replaced() -> None:
    text = markup.page("index.html", "t\u202e", ["<p>a\u2066b\x1b</p>"], [])
    assert "<title>t\ufffd · MotionBench</title>" in text
    assert "<p>a\ufffdb\ufffd</p>" in text


def test_names_become_safe_words_that_differ_where_the_names_do() -> None:
    assert slug("motion-director") == "motion-director"
    names = ["../../etc/passwd", "..", "", "con", "Fym", "fym ", "a/b", "a\\b", "x" * 300, "…"]
    names.append(slug("Fym"))
    made = [slug(name) for name in names]
    assert len(set(made)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{3,57}", word) for word in made)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//host", 'https://a" onclick=x', "HTTP"]
)
def test_only_addresses_of_the_web_are_links(address: str) -> None:
    assert web(address) == ""
    assert "<a" not in markup.addressed(address)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0.027", -0.027),
        ("+1.5", 1.5),
        ("<0.001", 0.001),
        ("2 h 07 min", 7620.0),
        ("1 min 00 s", 60.0),
        ("0.40 GiB", 0.4),
        ("19/20", 19.0),
        ("33 %", 33.0),
        ("fym", None),
        ("3d", None),
    ],
)
def test_cells_sort_by_their_quantity(text: str, value: float | None) -> None:
    assert sortable.sort_value(text) == value


def test_a_column_of_words_is_sorted_as_words_and_a_missing_cell_has_no_key() -> None:
    cells = (Cell("1"), Cell("—", "†0/2"), Cell("a"))
    lines = (Line("m", False, cells), Line("n", True, (*cells[:2], Cell("2"))))
    text = sortable.table(Sheet("t", ("method", "up ↑", "gone", "mixed"), lines))
    assert '<th scope="col" data-kind="number" data-first="descending">up ↑</th>' in text
    assert '<td>— <span class="missing">†0/2</span></td>' in text
    assert '<td data-value="a">a</td>' in text
    assert text.index("<tbody>") < text.index('<tr class="control">')


def test_a_table_of_nothing_competing_is_still_a_site(results: Path) -> None:
    made, _ = groups(inputs.find(results).sources)
    alone = [replace(group, sources=group.sources[:1], apart=()) for group in made[:1]]
    assert "index.html" in files(Catalogue(tuple(alone)))
