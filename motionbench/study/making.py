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
from motionbench.store.keys import digest_of
from motionbench.study import balance, page, records
from motionbench.study.checks import Check, checks
from motionbench.study.page import PAGE, Screen
from motionbench.study.records import PASS_SHARE, Key, Question, Showing, Side, Slot
from motionbench.study.stock import Stock, Videos, stock
from motionbench.types import CaseEntry, Video

SENT = "for-raters"
"""The part of a study's folder that raters get; the key is beside it, not in it."""
CONSENT = (
    "Taking part is voluntary, and you may stop at any time by closing this page. Only your answers, the seconds they "
    "took and your rater number are kept: in this browser, until you save them and send the file yourself."
)


@dataclass(frozen=True)
class Wishes:
    """What is asked for."""

    questions: tuple[Question, ...] = ("motion",)
    pairs: int = 40
    """Pairs of videos a question, at least; every two methods meet equally often."""
    raters: int = 12
    attention: int = 6
    """Attention items a rater."""
    repeats: int = 4
    """Pairs that a rater sees again, sides swapped."""
    seed: int = 0
    size: int = 320
    """Longer side of a frame at most, pixels."""
    private: bool = False
    """Whether clips may be shown that must not be passed on."""
    consent: str = CONSENT


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
    met = {question: balance.meetings(labels, found.slots, wishes.pairs, generator) for question in wishes.questions}
    drawn = _Drawing(wishes, labels, met, tests, generator)
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
        drawn.raters(),
    )
    return key, tests


class _Drawing:
    """What each rater sees."""

    def __init__(
        self,
        wishes: Wishes,
        labels: Sequence[str],
        met: dict[Question, tuple[balance.Meeting, ...]],
        tests: Sequence[Check],
        generator: np.random.Generator,
    ) -> None:
        self._wishes, self._labels, self._met, self._generator = wishes, labels, met, generator
        self._tests = list(enumerate(tests))
        self._ids = 0

    def raters(self) -> tuple[tuple[Showing, ...], ...]:
        """In twos: the second sees every pair and attention item of the first on the other side."""
        found = []
        for number in range(self._wishes.raters):
            if number % 2 == 0:
                sides = {q: balance.sides(self._labels, met, self._generator) for q, met in self._met.items()}
                start = int(self._generator.integers(2))
            turned = bool(number % 2)
            questions = self._wishes.questions
            turn = number // 2 % len(questions)
            found.append(
                tuple(
                    showing
                    for question in questions[turn:] + questions[:turn]
                    for showing in self._block(question, sides[question], start, turned)
                )
            )
        return tuple(found)

    def _block(self, question: Question, sides: Sequence[bool], start: int, turned: bool) -> list[Showing]:
        met = self._met[question]
        pairs = [
            self._showing(question, one.slot, (one.first, one.second), left != turned)
            for one, left in zip(met, sides, strict=True)
        ]
        again = self._generator.permutation(len(met))[: self._repeats(question)]
        repeats = [
            (int(n), self._showing(question, met[n].slot, (pairs[n].b, pairs[n].a), True, "repeat")) for n in again
        ]
        tests = [
            self._attention(test, (number // len(self._met) + start + turned) % 2 == 0)
            for number, test in self._tests
            if test.question == question
        ]
        return balance.order(pairs, repeats, tests, self._generator)

    def _repeats(self, question: Question) -> int:
        """The repeats of a rater, dealt to the questions in turn."""
        place, count = self._wishes.questions.index(question), len(self._wishes.questions)
        return len(range(place, self._wishes.repeats, count))

    def _attention(self, test: Check, left: bool) -> Showing:
        slot = Slot(test.entry.id, 0, test.entry.reference_id)
        right: Side = "a" if left else "b"
        return self._showing(test.question, slot, ("reference", test.control), left, "attention", right)

    def _showing(
        self,
        question: Question,
        slot: Slot,
        names: tuple[str, str],
        left: bool,
        role: records.Role = "pair",
        right: Side = "",
    ) -> Showing:
        a, b = names if left else names[::-1]
        self._ids += 1
        identity = digest_of(["showing", self._wishes.seed, self._ids])[:16]
        return Showing(identity, question, role, slot, a, b, right)


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
        true = self._picture(f"{content} true", lambda: test.true)
        false = self._picture(f"{content} false", lambda: test.false)
        return (true, false) if showing.right == "a" else (false, true)

    def _picture(self, content: str, load: Callable[[], Video]) -> str:
        name = self._shelf.name(f"study {self._key.digest} {content}")
        self._shelf.picture(name, load)
        return name


def _credits(collection: Collection, found: Stock) -> list[str]:
    """Licences of the clips, and whom they ask to name."""
    clips = dict.fromkeys(slot.reference for slot in found.slots)
    return sorted({terms for clip in clips if (terms := licences.terms(collection.suite, clip))})
