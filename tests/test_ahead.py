"""What is kept, what is made meanwhile, and what happens to what fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from motionbench.ahead import Recent


@pytest.fixture
def reader() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def test_the_last_few_values_are_kept() -> None:
    recent: Recent[int] = Recent(2)
    calls: list[str] = []

    def get(key: str) -> int:
        return recent.get(key, lambda: calls.append(key) or len(calls))

    assert [get(key) for key in "abacb"] == [1, 2, 1, 3, 4]
    assert calls == ["a", "b", "c", "b"]


def test_a_value_begun_is_made_beside_and_once(reader: ThreadPoolExecutor) -> None:
    recent: Recent[int] = Recent(2)
    threads: list[int] = []
    for _ in range(2):
        recent.begin("a", lambda: threads.append(threading.get_ident()) or 7, reader)
    assert recent.get("a", lambda: 8) == 7
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


def test_what_failed_beside_is_told_to_who_asks_and_then_made_again(reader: ThreadPoolExecutor) -> None:
    recent: Recent[int] = Recent(2)
    recent.begin("a", lambda: 1 // 0, reader)
    with pytest.raises(ZeroDivisionError):
        recent.get("a", lambda: 8)
    assert recent.get("a", lambda: 8) == 8
