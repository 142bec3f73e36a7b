"""Pieces of HTML. Every function takes plain text and gives markup, in which all text is escaped."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

from motionbench.site.names import relative, web

Pairs = Iterable[tuple[str, str]]
INDEX, RECORDS = "index.html", "records.html"
_PLACE = re.compile(r"@([A-Z-]+)@")
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, among them those that turn the direction of the text around them."""
_COMMIT = re.compile(r"@[0-9a-f]{6,40}$")


def page(path: str, title: str, body: Sequence[str], menu: Pairs) -> str:
    """A whole file; ``menu`` is paths and texts of what is linked from every page."""
    style, script = asset("style.css"), asset("sort.js")
    parts = {
        "TITLE": escape(f"{title} · MotionBench"),
        "STYLE": style,
        "STYLE-HASH": _hash(style),
        "SCRIPT": script,
        "SCRIPT-HASH": _hash(script),
        "HOME": escape(relative(INDEX, path)),
        "NAV": "\n".join(_entry(target, text, path) for target, text in menu),
        "BODY": "\n".join(body),
    }
    # One pass, so that a text with @BODY@ in it stays that text.
    text = _PLACE.sub(lambda found: parts.get(found[1], found[0]), asset("page.html"))
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)


def _entry(target: str, text: str, path: str) -> str:
    here = ' aria-current="page"' if target == path else ""
    return f'<a href="{escape(relative(target, path))}"{here}>{escape(text)}</a>'


def link(target: str, text: str, path: str) -> str:
    """To another page of the site."""
    return f'<a href="{escape(relative(target, path))}">{escape(text)}</a>'


def addressed(text: str) -> str:
    """A text whose first word is a link where it is an address of the web; ``@commit`` is no part of the address."""
    first, blank, rest = text.partition(" ")
    target = web(_COMMIT.sub("", first))
    if not target:
        return escape(text)
    return f'<a href="{escape(target)}" rel="noopener noreferrer">{escape(first)}</a>{blank}{escape(rest)}'


def heading(text: str, level: int, name: str = "") -> str:
    """``name`` is for addresses within the page."""
    anchor = f' id="{escape(name)}"' if name else ""
    return f"<h{level}{anchor}>{escape(text)}</h{level}>"


def paragraph(text: str, kind: str = "") -> str:
    """With a class, or without."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def bullets(items: Iterable[str], kind: str = "") -> str:
    """Of markup; "" where there are none."""
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<ul{_class(kind)}>\n{listed}\n</ul>" if listed else ""


def facts(pairs: Pairs) -> str:
    """Names and what is true of them, the latter as markup; a fact without anything is left out."""
    listed = "\n".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<dl>\n{listed}\n</dl>"


def badge(text: str, kind: str = "") -> str:
    """A short word in a frame; the words say it all, colour only repeats."""
    return f'<span class="{f"badge {kind}".strip()}">{escape(text)}</span>'


@functools.cache
def asset(name: str) -> str:
    """A file shipped with the package."""
    return (resources.files("motionbench.site") / "assets" / name).read_text(encoding="utf-8")


def _class(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline element (CSP level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
