"""Makes a study: draws what each rater sees, writes the videos under names that tell nothing, the page and the key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motionbench.errors import MissingResourceError, UsageError
from motionbench.gallery import licences, pictures
from motionbench.gallery.collection import Collection
from motionbench.gallery.shelf import Shelf
from motionbench.store import Store
from motionbench.study import page, records
from motionbench.study.checks import Check, checks
from motionbench.study.drawing import Wishes, showings
from motionbench.study.page import PAGE, Screen
from motionbench.study.records import PASS_SHARE, Key, Showing, Slot
from motionbench.study.stock import Stock, Videos, stock
from motionbench.types import CaseEntry, Video

SENT = "for-raters"
"""The part of a study's folder that raters get; the key is beside it, not in it."""


@dataclass(frozen=True)
class Made:
    """What was made."""

    key: Key
    page: Path
    notes: tuple[str, ...]


def make(collection: Collection, store: Store, folder: Path, wishes: Wishes) -> Made:
    """Write ``folder/for-raters`` and ``folder/key.json``; raises UsageError where a study is there already."""
    if (folder / records.FILE).exists():
        raise UsageError(
            f"{folder} holds a study: its raters' answers need the {records.FILE} that is there\nName a new folder."
        )
    found, videos = stock(collection, store, wishes.private), Videos(collection, store)
    grid = pictures.grid(collection.configuration.protocol, wishes.size)
    key, tests = draw(collection, found, videos, wishes)
    shelf = Shelf(folder / SENT, grid, PAGE)
    hung = _Hanging(key, found, videos, tests, shelf)
    screens = {showing.id: hung.screen(showing) for shown in key.raters for showing in shown}
    texts = page.files(key, screens, grid, collection.configuration.protocol.fps, _credits(collection, found))
    for name, text in texts.items():
        shelf.text(name, text)
    shelf.sweep()
    try:
        (folder / records.FILE).write_text(records.text(key), encoding="utf-8")
    except OSError as error:
        raise MissingResourceError(f"cannot write {folder / records.FILE}: {error.strerror}") from error
    return Made(key, folder / SENT / page.INDEX, found.notes)


def draw(collection: Collection, found: Stock, videos: Videos, wishes: Wishes) -> tuple[Key, tuple[Check, ...]]:
    """The key, and the attention items that it names by their numbers."""
    generator = np.random.default_rng([wishes.seed, int(collection.configuration.plan_id, 16)])
    labels = [method.label for method in found.methods]
    first = {slot.reference: found.entries[slot.case] for slot in reversed(found.slots)}
    clips = [first[name] for name in sorted(first)]
    clips = [clips[int(number)] for number in generator.permutation(len(clips))]
    tests = checks(wishes.questions, wishes.attention, clips, videos.reference)
    configuration = collection.configuration
    key = Key(
        configuration.plan_id,
        configuration.suite,
        configuration.backbone,
        wishes.seed,
        wishes.questions,
        found.methods,
        PASS_SHARE,
        wishes.consent,
        showings(wishes, labels, found.slots, tests, generator),
    )
    return key, tests


class _Hanging:
    """Puts the videos of showings on the shelf, each under one name that the seed decides."""

    def __init__(self, key: Key, found: Stock, videos: Videos, tests: Sequence[Check], shelf: Shelf) -> None:
        self._key, self._found, self._videos, self._shelf = key, found, videos, shelf
        self._tests = {(test.question, test.entry.id, test.control): test for test in tests}

    def screen(self, showing: Showing) -> Screen:
        """The pictures and the text of a showing."""
        slot, question = showing.slot, showing.question
        entry = self._found.entries[slot.case]
        checked = showing.role == "attention"
        a, b = self._check(showing) if checked else (self._generation(name, slot) for name in (showing.a, showing.b))
        reference = self._reference(entry) if question == "motion" else ""
        prompt = (entry.reference_prompt if checked else entry.prompt) if question == "prompt" else ""
        return Screen(a, b, reference, prompt)

    def _reference(self, entry: CaseEntry) -> str:
        return self._picture(f"clip {entry.digest}", lambda: self._videos.reference(entry))

    def _generation(self, method: str, slot: Slot) -> str:
        return self._picture(f"video {method} {slot.case} {slot.seed}", lambda: self._videos.generation(method, slot))

    def _check(self, showing: Showing) -> tuple[str, str]:
        """Never under the name of the reference itself, which would tell what is asked."""
        control = showing.b if showing.right == "a" else showing.a
        test = self._tests[showing.question, showing.slot.case, control]
        content = f"check {test.question} {test.entry.id} {control}"
        true = self._picture(f"{content} true", test.true)
        false = self._picture(f"{content} false", test.false)
        return (true, false) if showing.right == "a" else (false, true)

    def _picture(self, content: str, load: Callable[[], Video]) -> str:
        name = self._shelf.name(f"study {self._key.digest} {content}")
        self._shelf.picture(name, load)
        return name


def _credits(collection: Collection, found: Stock) -> list[str]:
    """Licences of the clips, and whom they ask to name."""
    clips = dict.fromkeys(slot.reference for slot in found.slots)
    return sorted({terms for clip in clips if (terms := licences.terms(collection.suite, clip))})
