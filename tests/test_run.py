"""Runs: only what is missing, failures as rows, safe to stop and to kill."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motionbench import plan, request, run, stages
from motionbench.errors import InvalidOutputError, MissingResourceError
from motionbench.plan import Item
from motionbench.request import Question
from motionbench.run import Result
from motionbench.scoring import Verdict
from motionbench.store import Row, Stage, Store
from motionbench.types import Case, Protocol, Video

BASE = Question(
    methods=("fake-tuned", "fake-still"), suite="fake", metrics=("fake_brightness", "fake_motion"), controls=False
)


class Quiet:
    """A display that remembers."""

    def __init__(self) -> None:
        self.counts = (0, 0)
        self.begun: list[Item] = []
        self.ended: list[Verdict] = []
        self.warnings: list[str] = []

    def start(self, missing: int, cached: int) -> None:
        self.counts = (missing, cached)

    def begin(self, item: Item) -> None:
        self.begun.append(item)

    def progress(self, stage: str, done: int, total: int) -> None:
        pass

    def end(self, item: Item, verdict: Verdict, seconds: float) -> None:
        self.ended.append(verdict)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def stop(self) -> None:
        pass


@pytest.fixture
def opened(tmp_path: Path, fakes: Any) -> Store:
    return Store.open(tmp_path / "store")


def go(
    opened: Store, display: Quiet | None = None, force: Stage | None = None, only_cache: bool = False, **changes: Any
) -> Result:
    made = plan.make(request.resolve(dataclasses.replace(BASE, **changes)))
    return run.Run(made, opened, display or Quiet(), force=force, only_cache=only_cache).execute()


def essence(rows: tuple[Row, ...] | list[Row]) -> list[tuple[object, ...]]:
    return sorted((r.method, r.case, r.seed, r.metric, r.status, r.value or 0.0, r.reason) for r in rows)


def test_every_score_gets_a_row_and_the_second_run_does_nothing(opened: Store, fakes: Any) -> None:
    first = go(opened)
    assert len(first.rows) == 2 * 4 * 2
    assert {row.status for row in first.rows if row.method == "fake-tuned"} == {"ok"}
    calls = fakes.log.read_text()
    display = Quiet()
    second = go(opened, display)
    assert second.rows == first.rows
    assert (second.performed, display.counts[0], display.begun) == (0, 0, [])
    assert fakes.log.read_text() == calls


def test_the_display_is_told_as_many_items_as_end(opened: Store) -> None:
    display = Quiet()
    go(opened, display)
    assert display.counts == (4 + 8 + 12 + 16, 0)
    assert len(display.ended) == 40


def test_tuning_serves_all_seeds_and_a_new_metric_generates_nothing(opened: Store, fakes: Any) -> None:
    go(opened, seeds=(0, 1))
    assert (len(fakes.calls("tune")), len(fakes.calls("generate"))) == (4, 16)
    go(opened, seeds=(0, 1), metrics=("fake_nan", "fake_brightness"))
    assert (len(fakes.calls("tune")), len(fakes.calls("generate"))) == (4, 16)


def test_what_tuning_and_generating_cost_is_in_the_rows(opened: Store) -> None:
    row = next(row for row in go(opened).rows if row.method == "fake-tuned")
    assert (row.tune_seconds, row.trainable_parameters) == (0.5, 12)
    assert row.peak_memory_bytes > 1_000_000
    assert row.generate_seconds > 0
    assert (row.tracker, row.grid, row.frames) == ("fake-tracker", 3, 5)
    assert opened.environments([row.environment])[row.environment].python


def test_an_undefined_score_is_an_answer_with_its_reason(opened: Store) -> None:
    rows = [row for row in go(opened).rows if row.method == "fake-still" and row.metric == "fake_motion"]
    assert {(row.status, row.value, row.reason) for row in rows} == {("undefined", None, "nothing moves")}
    assert go(opened).performed == 0


def test_declining_is_an_answer_and_no_failure(opened: Store) -> None:
    result = go(opened, methods=("fake-declines",))
    assert {(row.status, row.reason) for row in result.rows} == {("declined", "only procedural clips have it")}
    display = Quiet()
    again = go(opened, display, methods=("fake-declines",))
    assert (result.failures, again.performed, display.counts[0], display.ended) == (0, 0, 0, [])


def test_a_failure_is_a_row_the_others_go_on_and_it_is_tried_again(opened: Store) -> None:
    result = go(opened, methods=("fake-raises",))
    failed = [row for row in result.rows if row.status == "failed"]
    assert {row.category for row in failed} == {"camera"}
    assert {(row.error_class, row.reason) for row in failed} == {("RuntimeError", "RuntimeError: weights [exploded]")}
    assert sum(row.status == "ok" for row in result.rows) == 4
    assert (result.failures, result.generations) == (2, 4)
    assert len(list((opened.root / "logs").iterdir())) == 2
    assert go(opened, methods=("fake-raises",)).performed == 2


def test_a_method_that_exits_spoils_its_item_only(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import motionbench_fakes

    def leave(self: object, case: Case, *_: object, **__: object) -> Video:
        if case.category == "camera":
            sys.exit("no licence")
        return case.reference

    monkeypatch.setattr(motionbench_fakes.Raises, "generate", leave)
    rows = go(opened, methods=("fake-raises",)).rows
    assert {row.reason for row in rows if row.category == "camera"} == {"SystemExit: no licence"}
    assert {row.status for row in rows if row.category != "camera"} == {"ok"}


@pytest.mark.parametrize("place", ["objects", "rows", "work", "environments"])
def test_a_store_that_cannot_be_written_on_the_way_stops_the_run_with_exit_6(opened: Store, place: str) -> None:
    (opened.root / place).write_text("a file where a folder belongs")
    with pytest.raises(MissingResourceError, match=rf"cannot write the store .*{place}.*\n.*--store DIR"):
        go(opened)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("fake-wrong-shape", r"uint8 frames \(3, 16, 16, 3\); expected .* \(5, 16, 16, 3\) at 8 frames a second"),
        ("fake-wrong-rate", "a Video at 25 frames a second; expected"),
        ("fake-nan", "float64 frames .* with NaN or infinite values; expected a motionbench.types.Video"),
    ],
)
def test_an_output_that_is_no_video_of_the_protocol_is_invalid(opened: Store, method: str, reason: str) -> None:
    import re

    rows = go(opened, methods=(method,)).rows
    assert {row.status for row in rows} == {"invalid_output"}
    assert all(re.search(f"^{method} returned .*{reason}", row.reason) for row in rows)


def test_a_constant_video_is_legal_and_an_object_without_frames_is_not() -> None:
    protocol = Protocol("p", 2, 8.0, 4, 4, "t", 2)
    still = Video(np.zeros((2, 4, 4, 3), np.uint8), 8.0)
    assert stages.checked(still, "m", protocol) is still
    with pytest.raises(InvalidOutputError, match="m returned a NoneType; expected"):
        stages.checked(None, "m", protocol)


def test_a_metric_that_gives_nan_fails_and_writes_no_nan(opened: Store) -> None:
    rows = go(opened, methods=("fake-still",), metrics=("fake_nan",)).rows
    assert {row.status for row in rows} == {"failed"}
    assert "a metric without a value raises Undefined" in rows[0].reason
    assert "NaN" not in "".join(file.read_text() for file in (opened.root / "rows").iterdir())


def test_a_clip_that_cannot_be_read_spoils_its_cases_only(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_BROKEN_CLIP", "pan")
    rows = go(opened).rows
    assert {row.case for row in rows if row.status == "failed"} == {"pan-0"}
    assert rows[0].reason == "pan-0.mp4 is truncated"
    assert sum(row.status == "ok" for row in rows) == 3 * 3


def test_missing_weights_stop_the_run(opened: Store) -> None:
    with pytest.raises(MissingResourceError, match="no weights of fake-missing"):
        go(opened, methods=("fake-missing",))


def test_only_cache_runs_nothing(opened: Store, fakes: Any) -> None:
    result = go(opened, only_cache=True)
    assert (result.rows, result.performed, fakes.calls("")) == ((), 0, [])
    go(opened, methods=("fake-still",))
    assert {row.method for row in go(opened, only_cache=True).rows} == {"fake-still"}


def test_force_does_a_stage_and_those_after_it_again(opened: Store, fakes: Any) -> None:
    first = go(opened)
    assert go(opened, force="track").performed == 12 + 16
    again = go(opened, force="generate")
    assert again.performed == 8 + 12 + 16
    assert (len(fakes.calls("tune")), len(fakes.calls("generate"))) == (4, 16)
    assert essence(again.rows) == essence(first.rows)


def test_a_corrupted_generation_is_made_again_only_if_something_needs_it(opened: Store, fakes: Any) -> None:
    go(opened, methods=("fake-still",), metrics=("fake_brightness",))
    for video in (opened.root / "objects" / "generate").rglob("video.mkv"):
        video.write_bytes(b"")
    assert go(opened, methods=("fake-still",), metrics=("fake_brightness",)).performed == 0
    go(opened, methods=("fake-still",), metrics=("fake_brightness", "fake_motion"))
    assert len(fakes.calls("generate")) == 8


@pytest.mark.parametrize(
    ("stage", "name", "made_again"),
    [("tune", "state.txt", "tune"), ("generate", "video.mkv", "generate"), ("track", "tracks.npz", "track")],
)
def test_a_flipped_bit_is_found_before_it_becomes_a_score(
    opened: Store, stage: Stage, name: str, made_again: str
) -> None:
    first = go(opened)
    damaged = sorted((opened.root / "objects" / stage).rglob(name))[0]
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    display = Quiet()
    # Scores are made again, and for tuning, which no score needs itself, the generations too.
    second = go(Store.open(opened.root), display, force="generate" if stage == "tune" else "score")
    assert essence(second.rows) == essence(first.rows)
    assert [text.split()[0] for text in display.warnings] == [made_again]
    assert "is damaged: it is made again" in display.warnings[0]
    assert opened.objects.verify() == []


def test_a_score_whose_record_is_damaged_is_made_again(opened: Store) -> None:
    first = go(opened)
    record = sorted((opened.root / "objects" / "score").rglob("meta.json"))[0]
    text = record.read_text()
    place = text.index('"value": ') + len('"value": 0.')
    record.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :])
    for file in (opened.root / "rows").iterdir():
        file.unlink()
    second = go(opened)
    assert (second.performed, essence(second.rows)) == (1, essence(first.rows))


def test_a_clock_that_jumps_back_neither_loses_a_row_nor_writes_it_again_and_again(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = go(opened)
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: 1.0)
        again = go(opened, force="score")
        assert (again.performed, essence(again.rows)) == (16, essence(first.rows))
    files = len(list((opened.root / "rows").iterdir()))
    assert essence(go(opened).rows) == essence(first.rows)
    assert essence(go(opened).rows) == essence(opened.rows())
    assert len(list((opened.root / "rows").iterdir())) <= files + 1


def test_a_lost_row_is_written_again_from_its_object(opened: Store) -> None:
    first = go(opened)
    for file in (opened.root / "rows").iterdir():
        file.unlink()
    second = go(opened)
    assert second.performed == 0
    assert essence(second.rows) == essence(first.rows) == essence(opened.rows())


class CtrlC(Quiet):
    """Sends SIGINT when some item begins."""

    def __init__(self, at: int, times: int) -> None:
        super().__init__()
        self.at, self.times = at, times

    def begin(self, item: Item) -> None:
        super().begin(item)
        if len(self.begun) == self.at:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


def test_one_ctrl_c_finishes_the_item_at_hand(opened: Store) -> None:
    display = CtrlC(at=9, times=1)
    result = go(opened, display)
    assert (result.interrupted, result.performed, len(display.ended)) == (True, 9, 9)
    assert display.warnings == ["Stopping after the item at hand; Ctrl-C again stops at once."]
    assert 0 < len(result.rows) < 16
    assert essence(go(opened).rows) == essence(go(Store.open(opened.root.parent / "other")).rows)


def test_a_second_ctrl_c_stops_at_once(opened: Store) -> None:
    display, before = CtrlC(at=9, times=2), signal.getsignal(signal.SIGINT)
    result = go(opened, display)
    assert (result.interrupted, len(display.ended)) == (True, 8)
    assert signal.getsignal(signal.SIGINT) is before


COMMAND = ["eval", "--method", "fake-tuned,fake-still", "--suite", "fake", "--no-controls"]
METRICS = ["--metric", "fake_brightness,fake_motion"]


@pytest.mark.slow
def test_killed_at_random_moments_the_rows_equal_an_undisturbed_runs(tmp_path: Path, fakes: Any) -> None:
    words = [sys.executable, "-m", "motionbench.cli", *COMMAND, *METRICS, "--store", str(tmp_path / "killed")]
    slow = {**fakes.environment, "MOTIONBENCH_FAKE_SLEEP": "0.1"}
    moments = random.Random(0)
    for _ in range(10):
        with subprocess.Popen(words, env=slow, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            process.stderr.readline()  # "40 items to do": kills before that tell nothing
            time.sleep(moments.uniform(0.0, 0.6))
            process.kill()
    ended = subprocess.run(words, env=fakes.environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert list((tmp_path / "killed" / "work").iterdir()) == []
    undisturbed = go(Store.open(tmp_path / "undisturbed"))
    assert essence(Store.open(tmp_path / "killed").rows()) == essence(undisturbed.rows)
    assert Store.open(tmp_path / "killed").objects.verify() == []
