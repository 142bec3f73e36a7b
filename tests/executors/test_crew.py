"""Several workers at one store: the same table as one, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import MissingResourceError
from motionbench.executors.local import Local
from motionbench.executors.posts import Post
from motionbench.plan import Item
from motionbench.store import Store


def kept(store: Store) -> list[str]:
    """What is left of work under way: nothing, after a run."""
    return [path.name for part in ("leases", "runs", "work") for path in (store.root / part).glob("*")]


def test_two_workers_give_the_table_of_one_and_do_nothing_twice(crews: Any, fakes: Any) -> None:
    store, display = crews.store(), crews.watching()
    result = crews.go(store, display)
    assert (len(result.rows), result.interrupted, result.failures) == (16, False, 0)
    assert (len(fakes.calls("tune")), len(fakes.calls("generate")), len(fakes.calls("track"))) == (4, 8, 12)
    assert display.counts == (4 + 8 + 12 + 16, 0)
    assert len(display.ended) == result.performed == 40
    assert set(display.workers) == {"worker 1", "worker 2"}
    assert crews.table(store) == crews.table(crews.alone())
    assert {row.shared for row in result.rows} == {True}
    assert kept(store) == []
    assert store.objects.verify() == []
    again = crews.go(store)
    assert (again.performed, again.rows) == (0, result.rows)


def test_failures_are_rows_and_what_items_print_is_in_their_logs(crews: Any, fakes: Any) -> None:
    store, methods = crews.store(), ("fake-hangs", "fake-raises", "fake-flaky")
    result = crews.go(store, methods=methods, metrics=("fake_brightness",), timeouts={"generate": 1.5})
    assert {(row.method, row.failure) for row in result.rows if row.status == "failed"} == {
        ("fake-hangs", "timeout"),
        ("fake-raises", "deterministic"),
    }
    [late] = [row for row in result.rows if row.failure == "timeout"]
    assert (late.case, late.reason) == ("pan-0", "took longer than 1.5 s (--timeout)")
    assert len(fakes.calls("generate pan-0")) == 2
    assert len(fakes.calls("try ")) == 3
    logs = {path.name: path.read_text() for path in (store.root / "logs").iterdir()}
    assert sum("at work on pan-0" in text and "in generate" in text for text in logs.values()) == 1
    assert sum("RuntimeError: weights [exploded]" in text for text in logs.values()) == 2
    kept_as_it_is = crews.go(store, methods=methods, metrics=("fake_brightness",), retried=("transient",))
    assert (kept_as_it_is.performed, kept_as_it_is.failures) == (0, 3)


class Killing(Local):
    """Kills a worker when it is told to."""

    def kill_rank(self, rank: int) -> None:
        names = [name for name in self._running if f".w{rank}." in name]
        for name in names:
            os.kill(self._running[name].pid, signal.SIGKILL)


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    crews: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_SLEEP", "0.2")
    store, executor, killed = crews.store(), Killing(), []

    def kill(worker: str, item: Item) -> None:
        if item.stage == "generate" and len(killed) < 2:
            killed.append(item.key)
            executor.kill_rank(int(worker.split()[1]) - 1)

    display = crews.watching(kill)
    result = crews.go(store, display, executor=executor)
    assert (len(killed), len(result.rows), result.failures) == (2, 16, 0)
    assert display.warnings == ["a worker died by SIGKILL and is replaced"]
    assert len(crews.events("lost")) == 2
    assert crews.table(store) == crews.table(crews.alone())
    assert kept(store) == []


def command(store: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "motionbench.cli", "eval", "--method", "fake-tuned,fake-roll", "--suite", "fake"]
    words += ["--no-controls", "--metric", "fake_brightness,fake_motion", "--workers", "2", "--store", str(store)]
    return [*words, *more]


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_when_the_driver_is_killed_its_workers_end_and_the_next_goes_on(crews: Any, fakes: Any) -> None:
    store = crews.folder / "store"
    slow = {**fakes.environment, "MOTIONBENCH_FAKE_SLEEP": "0.4"}
    with subprocess.Popen(command(store), env=slow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        wait_for(lambda: len(fakes.calls("generate")) >= 2)
        driver.kill()
    wait_for(lambda: not any((store / "leases").iterdir()))
    done = len(fakes.calls("generate"))
    time.sleep(0.6)
    assert len(fakes.calls("generate")) == done < 8
    result = crews.go(Store.open(store))
    assert (len(result.rows), len(fakes.calls("generate")), len(fakes.calls("tune"))) == (16, 8, 4)
    assert crews.table(Store.open(store)) == crews.table(crews.alone())


def test_two_drivers_on_one_store_share_the_work(crews: Any, fakes: Any) -> None:
    store = crews.folder / "store"
    slow = {**fakes.environment, "MOTIONBENCH_FAKE_SLEEP": "0.1"}
    drivers = [
        subprocess.Popen(command(store, "--format", "csv"), env=slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [driver.communicate(timeout=60) for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
    assert (len(fakes.calls("generate")), len(fakes.calls("tune"))) == (8, 4)
    assert crews.table(Store.open(store)) == crews.table(crews.alone())


def test_sigterm_lets_the_items_at_hand_end(crews: Any, fakes: Any) -> None:
    store = crews.folder / "store"
    slow = {**fakes.environment, "MOTIONBENCH_FAKE_SLEEP": "0.6"}
    with subprocess.Popen(command(store), env=slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as driver:
        wait_for(lambda: len(fakes.calls("tune")) >= 1)
        driver.send_signal(signal.SIGTERM)
        _, told = driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert b"Stopping after the items at hand" in told
    assert b"go on with:" in told
    assert kept(Store.open(store)) == []
    assert 0 < len(fakes.calls("tune")) <= 4


def test_what_would_spoil_every_item_stops_the_crew(crews: Any) -> None:
    with pytest.raises(MissingResourceError, match="no weights of fake-missing\nFetch them: fake fetch"):
        crews.go(crews.store(), methods=("fake-missing",))
    assert kept(crews.store()) == []


class Stillborn(Local):
    """Starts processes that are no workers."""

    def start(self, post: Post) -> None:
        import dataclasses

        broken = dataclasses.replace(post, variables={**post.variables, "PYTHONPATH": "/nowhere", "PYTHONHOME": "/no"})
        super().start(broken)


def test_workers_that_never_begin_are_not_started_for_ever(crews: Any) -> None:
    with pytest.raises(MissingResourceError, match=r"5 workers one after the other .* before they began anything"):
        crews.go(crews.store(), executor=Stillborn())


def test_rubbish_in_the_events_of_a_worker_is_told_once(crews: Any) -> None:
    store, display = crews.store(), crews.watching()

    def spoil(worker: str, item: Item) -> None:
        for path in (store.root / "runs").glob("*/events/*.jsonl"):
            with path.open("a") as handle:
                handle.write('no json\n{"worker": "w", "event": "begin", "key": "unknown"}\n')

    display._on_begin = spoil
    result = crews.go(store, display)
    assert len(result.rows) == 16
    assert display.warnings == ["a worker wrote lines that are no events; they are passed over"]


def test_a_lease_of_a_lost_machine_is_waited_for_and_taken_over(crews: Any, fakes: Any) -> None:
    from motionbench.store.leases import Leases

    store = crews.store()
    made = crews.alone("other", methods=("fake-roll",))
    [key, *_] = [path.name for path in (made.root / "objects" / "generate").glob("??/*")]
    Leases(store.root, "a machine that is gone").take(f"generate-{key}")
    result = crews.go(store, methods=("fake-roll",))
    assert (len(result.rows), result.failures) == (8, 0)
    assert kept(store) == []


def test_forced_stages_are_done_again_by_all(crews: Any, fakes: Any) -> None:
    store = crews.alone("store")
    before = crews.table(store)
    result = crews.go(store, force="track")
    assert result.performed == 12 + 16
    assert (len(fakes.calls("generate")), crews.table(store)) == (8, before)


def test_ctrl_c_twice_ends_workers_at_once(crews: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_SLEEP", "30")
    display = crews.watching()
    began = time.monotonic()
    pressed = threading.Event()

    def press(worker: str, item: Item) -> None:
        if item.stage == "tune" and not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    display._on_begin = press
    result = crews.go(crews.store(), display)
    assert result.interrupted
    assert time.monotonic() - began < 15
