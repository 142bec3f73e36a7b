"""Scores made again from the videos that a submission includes."""

from __future__ import annotations

import csv
import math
import random
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from motionbench import plan, request
from motionbench.plan import Item
from motionbench.precomputed import Given
from motionbench.provenance import RunRecord
from motionbench.run import Run
from motionbench.scoring import Verdict
from motionbench.sources import Sources
from motionbench.store import Row, Store
from motionbench.submission import local
from motionbench.submission.archive import Archive
from motionbench.submission.reading import ReceiptLine

TOLERANCE = 0.005
"""In the metric's unit, or as a share of a value above 1: half the least practical threshold of ``gates.yaml``."""


def chosen(receipts: Sequence[ReceiptLine], names: Collection[str], share: float, digest: str) -> list[ReceiptLine]:
    """A share of the generations whose videos are there, one at least; another file draws others."""
    there = [receipt for receipt in receipts if f"videos/{receipt.video}.mkv" in names]
    count = min(len(there), math.ceil(share * len(there)))
    return random.Random(digest).sample(there, count)


def differences(archive: Archive, run: RunRecord, receipts: Sequence[ReceiptLine], sources: Sources) -> Iterator[str]:
    """Scores that differ from those of the videos by more than the tolerance, as lines.

    Raises MissingResourceError where an encoder or a tracker is not here, UsageError for a video that is none.
    """
    stated = {(row.method, row.case, row.seed, row.metric): row for row in run.scores}
    with tempfile.TemporaryDirectory() as folder:
        for row in _scored(archive, run, receipts, Path(folder), sources):
            receipt = receipts[row.seed]
            then = stated[receipt.method, receipt.case, receipt.seed, row.metric]
            if not _agree(then, row):
                slot = f"{receipt.method} {receipt.case} seed {receipt.seed} {row.metric}"
                yield f"{slot} {_told(then)}, now {_told(row)}"


def _scored(
    archive: Archive, run: RunRecord, receipts: Sequence[ReceiptLine], folder: Path, sources: Sources
) -> Iterator[Row]:
    """Rows of the videos; a row's seed is the place of its receipt, so that methods can share one run."""
    videos = folder / "videos"
    videos.mkdir()
    with (folder / "videos.csv").open("w", newline="") as table:
        lines = csv.writer(table)
        lines.writerow(["video", "case", "seed"])
        for place, receipt in enumerate(receipts):
            (videos / f"{place}.mkv").write_bytes(archive.read(f"videos/{receipt.video}.mkv"))
            lines.writerow([f"{place}.mkv", receipt.case, place])
    given = Given("submitted", videos, folder / "videos.csv")
    resolved = request.resolve(local.question(run.configuration, given), sources)
    wanted = {(receipt.case, place) for place, receipt in enumerate(receipts)}
    whole = plan.make(resolved)
    scores = [one for one in whole.scores if (one.generation.entry.id, one.generation.seed) in wanted]
    made = plan.Plan(resolved, tuple(scores))
    yield from Run(made, Store.open(folder / "store"), _Silent()).execute().rows


def _agree(then: Row, now: Row) -> bool:
    if then.value is None or now.value is None:
        return then.value is now.value
    return abs(then.value - now.value) <= TOLERANCE * max(1.0, abs(then.value))


def _told(row: Row) -> str:
    return f"{row.value:.4f}" if row.value is not None else f"{row.status} ({row.reason[:80]})"


class _Silent:
    """A display that shows nothing."""

    def start(self, missing: int, cached: int) -> None:
        """Nothing."""

    def begin(self, item: Item) -> None:
        """Nothing."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Nothing."""

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""
