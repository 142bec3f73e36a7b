"""What methods cost: time, memory, parameters; from the same rows as their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motionbench.leaderboard import statistics
from motionbench.store import MethodLine, Row

_DONE = ("ok", "undefined")
"""The generation behind such a row ended well."""


@dataclass(frozen=True)
class Cost:
    """Of one method, as measured where its rows were made."""

    tune_seconds: float | None
    """Mean over references; None where the method does not tune, or was only timed beside others."""
    generate_seconds: float | None
    """Mean over generations; None where all were timed while other workers used the same device."""
    peak_memory_bytes: int
    """The most of all its tunings and generations; on a CPU that of the whole process."""
    trainable_parameters: int


def costs(rows: Sequence[Row], methods: Iterable[MethodLine]) -> Mapping[str, Cost]:
    """By label; controls, videos made elsewhere and methods without a generation are absent."""
    found = {line.label: _cost(rows, line) for line in methods if not line.control}
    return {label: cost for label, cost in found.items() if cost is not None}


def _cost(rows: Sequence[Row], method: MethodLine) -> Cost | None:
    own = [row for row in rows if row.method == method.label and row.status in _DONE]
    if not any(row.tune_seconds or row.generate_seconds for row in own):
        return None
    timed = [row for row in own if not row.shared]
    tuned = {row.reference: row.tune_seconds for row in timed}
    generated = {(row.case, row.seed): row.generate_seconds for row in timed}
    return Cost(
        tune_seconds=statistics.mean(tuned.values()) if method.tuned and timed else None,
        generate_seconds=statistics.mean(generated.values()) if timed else None,
        peak_memory_bytes=max(row.peak_memory_bytes for row in own),
        trainable_parameters=max(row.trainable_parameters for row in own),
    )
