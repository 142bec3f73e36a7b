"""Orders, ledgers and events: data that survives a round trip, and rubbish that does no harm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from motionbench import plan, request
from motionbench.errors import UsageError
from motionbench.executors import claims, orders
from motionbench.executors.events import EventWriter, Tail
from motionbench.executors.ledger import Ledger
from motionbench.executors.orders import Order
from motionbench.placement import Placement
from motionbench.plan import Item
from motionbench.precomputed.records import Given
from motionbench.request import Question
from motionbench.scoring import Verdict
from motionbench.sharding import Shard

QUESTION = Question(
    ("fake-roll:big+shift=3",),
    suite="fake",
    data=Path("my videos"),
    metrics=("fake_brightness",),
    seeds=(0, 1),
    given=Given("theirs", Path("made"), Path("map.csv"), resample=True),
)
ORDER = Order(
    QUESTION, "0" * 12, Placement("cpu", True), Shard(1, 3), ("timeout",), {"generate": 5.0}, heartbeat=2.0, folder="/"
)


@pytest.mark.parametrize("order", [ORDER, Order(Question(("fake-roll",)), "1" * 12)])
def test_an_order_survives_being_written_as_json(order: Order) -> None:
    assert orders.from_json(json.loads(json.dumps(orders.to_json(order))), "order.json") == order


@pytest.mark.parametrize("change", [{"question": {"methods": []}}, {"question": None}, {"placed": {"device": "gpu"}}])
def test_what_is_no_order_is_refused_by_name(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        orders.from_json({**orders.to_json(ORDER), **change}, "order.json")


@pytest.fixture
def item(fakes: object) -> Item:
    question = Question(("fake-roll",), suite="fake", metrics=("fake_brightness",), controls=False)
    return plan.make(request.resolve(question)).scores[0].generation


def test_a_ledger_counts_tries_across_processes(tmp_path: Path, item: Item) -> None:
    ledger = Ledger.begin(tmp_path, ORDER)
    again = Ledger(tmp_path, ledger.run_id)
    assert [ledger.tried(item, "transient"), again.tried(item, "transient"), again.tried(item, "timeout")] == [1, 2, 1]
    assert again.order() == ORDER
    assert ledger.verdict(item) is None


def test_a_worker_that_is_lost_four_times_at_one_item_leaves_a_failure(tmp_path: Path, item: Item) -> None:
    ledger = Ledger.begin(tmp_path, ORDER)
    assert [claims.lose(ledger, item, "the worker died by SIGKILL") for _ in range(3)] == [None, None, None]
    claims.lose(ledger, item, "the worker died by SIGKILL")
    expected = Verdict("failed", "the worker died by SIGKILL at it 4 times", "WorkerError", "transient")
    assert ledger.verdict(item) == expected


def test_a_spoilt_mark_is_no_mark(tmp_path: Path, item: Item) -> None:
    ledger = Ledger.begin(tmp_path, ORDER)
    (ledger.folder / "failed" / f"{item.key}.json").write_text('{"tries": 3')
    assert ledger.verdict(item) is None
    assert ledger.tried(item, "timeout") == 1


def test_stopping_is_seen_by_all_and_so_is_a_folder_that_is_gone(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, ORDER)
    assert not ledger.stopping
    ledger.ask_to_stop()
    assert Ledger(tmp_path, ledger.run_id).stopping
    ledger.close()
    assert ledger.stopping


def test_events_are_read_as_they_come_and_a_torn_line_later(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    tail = Tail(path)
    assert list(tail.read()) == []
    writer = EventWriter(path, "w")
    writer.write("begin", key="k")
    assert [event["event"] for event in tail.read()] == ["begin"]
    with path.open("a") as handle:
        handle.write('{"worker": "w", "event": ')
    assert list(tail.read()) == []
    with path.open("a") as handle:
        handle.write('"end"}\n')
    assert [event["event"] for event in tail.read()] == ["end"]
    assert tail.garbage == 0


@pytest.mark.parametrize(
    "rubbish",
    [b"\xff\xfe\n", b"[1, 2]\n", b'{"event": "begin"}\n', b'{"worker": "w", "event": "explode"}\n', b"[" * 9999 + b"\n",
     b"x" * (3 << 20) + b"\n"],
)  # fmt: skip
def test_lines_that_are_no_events_are_counted_and_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "w.jsonl"
    path.write_bytes(rubbish + b'{"worker": "w", "event": "bye"}\n')
    tail = Tail(path)
    assert [event["event"] for event in tail.read()] == ["bye"]
    assert tail.garbage >= 1


def test_what_a_driver_that_was_killed_long_ago_left_is_swept_away(tmp_path: Path) -> None:
    old, recent = Ledger.begin(tmp_path, ORDER), Ledger.begin(tmp_path, ORDER)
    for path in (old.folder, *old.folder.rglob("*")):
        os.utime(path, (0, 0))
    Ledger.begin(tmp_path, ORDER)
    assert not old.folder.exists()
    assert recent.folder.exists()
