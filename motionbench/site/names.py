"""Names as file names and addresses: nothing that a stranger wrote stands in a path as it came."""

from __future__ import annotations

import hashlib
import posixpath
import re

_LONGEST = 40
_TAKEN = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that Windows keeps for devices."""
_DIGESTED = re.compile(r"(^|-)[0-9a-f]{8}$")


def slug(name: str) -> str:
    """The name where it is a short word of small letters, digits and ``-``; or else what is left of it and a digest."""
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST].strip("-")
    # A word that looks like one with a digest gets its own, or it could be made to meet another's.
    if word and word == name and word not in _TAKEN and not _DIGESTED.search(word):
        return word
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{word}-{digest}" if word else digest


def relative(target: str, page: str) -> str:
    """The address of one page of the site from another."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def web(address: str) -> str:
    """The address where it is one of the web, "" otherwise: ``javascript:`` and ``data:`` are no links."""
    return address if re.fullmatch(r"https?://[^\s<>\"'\\]+", address) else ""


def printable(text: str) -> str:
    """One line without what a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
