"""Values that are kept for a while, the next ones made beside what is at work: a model need not wait for a decoder.

Decoding leaves the interpreter free, so a thread is enough.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The last few values, by key; asked by one thread only."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[str, Future[V]] = OrderedDict()

    def get(self, key: str, make: Callable[[], V]) -> V:
        """The value of a key, made where it is neither kept nor on its way; raises what ``make`` raised."""
        made = self._values.pop(key, None) or _at_once(make)
        value = made.result()  # one that failed is not kept: the next one who asks has it made again
        self._keep(key, made)
        return value

    def begin(self, key: str, make: Callable[[], V], maker: ThreadPoolExecutor) -> None:
        """Have a value made by ``maker`` meanwhile; nothing where it is there or on its way."""
        if key not in self._values:
            self._keep(key, maker.submit(make))

    def _keep(self, key: str, made: Future[V]) -> None:
        self._values[key] = made
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)


def _at_once(make: Callable[[], V]) -> Future[V]:
    made: Future[V] = Future()
    made.set_result(make())
    return made
