"""Classes of failures: what is told apart, what is tried again."""

from __future__ import annotations

import errno
import urllib.error

import pytest

from motionbench import failures
from motionbench.errors import InvalidOutputError, UsageError, VideoError, WorkerError


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError("gone"), "transient"),
        (TimeoutError("slow"), "transient"),
        (urllib.error.URLError("no route"), "transient"),
        (OSError(errno.ESTALE, "stale file handle"), "transient"),
        (OSError(errno.ENOENT, "no such file"), "deterministic"),
        (ValueError("shapes differ"), "deterministic"),
        (VideoError("truncated"), "deterministic"),
        (WorkerError("died"), "deterministic"),
        (SystemExit(1), "deterministic"),
        (InvalidOutputError("no video"), "invalid-output"),
        (MemoryError(), "out-of-memory"),
        (OutOfMemoryError("tried to allocate"), "out-of-memory"),
        (RuntimeError("CUDA error: out of memory"), "out-of-memory"),
    ],
)
def test_an_error_has_one_class(error: BaseException, expected: str) -> None:
    assert failures.classify(error) == expected


def test_only_what_may_pass_is_tried_again() -> None:
    assert failures.RETRIES == {"transient": 3, "timeout": 1, "out-of-memory": 0, "deterministic": 0}
    assert [failures.pause(tries) for tries in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_classes_are_named_with_commas_or_all_at_once() -> None:
    assert failures.parse("timeout, transient") == ("transient", "timeout")
    assert failures.parse("out_of_memory") == ("out-of-memory",)
    assert failures.parse("all") == failures.CLASSES


@pytest.mark.parametrize("text", ["", "broken", "transient,broken", "all,timeout"])
def test_a_class_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--retry-failed takes transient, deterministic, out-of-memory, timeout"):
        failures.parse(text)
