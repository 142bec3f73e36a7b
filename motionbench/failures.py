"""Classes of failures, and how often each is tried again.

A declined case and an undefined score are answers, not failures. What cannot be told apart counts as deterministic:
trying it again would only cost time.
"""

from __future__ import annotations

import errno
from typing import Literal, get_args

from motionbench.errors import InvalidOutputError, UsageError, VideoError

Failure = Literal["", "transient", "deterministic", "out-of-memory", "timeout", "invalid-output"]
"""Why an item failed; "" where it did not."""
CLASSES: tuple[Failure, ...] = get_args(Failure)[1:]
RETRIES: dict[Failure, int] = {"transient": 3, "timeout": 1, "out-of-memory": 0, "deterministic": 0}
"""Tries after the first within one run; out of memory gets one more where there is a rung to step down to."""
_FIRST_PAUSE = 1.0
"""Seconds before the first retry; each further one takes twice as long."""
_PASSING = {
    *(errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH),
}
_NETWORK = {"ConnectionError", "ConnectTimeout", "ReadTimeout", "ChunkedEncodingError", "IncompleteRead", "URLError"}
"""Names of errors of urllib, requests, httpx and http.client, none of which is imported for this."""
_MEMORY = {"MemoryError", "OutOfMemoryError"}


def classify(error: BaseException) -> Failure:
    """The class of an error by its type, the name of its type and, for what CUDA says, its words."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, InvalidOutputError):
        return "invalid-output"
    if kinds & _MEMORY or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower()):
        return "out-of-memory"
    if isinstance(error, VideoError):
        return "deterministic"
    if kinds & _NETWORK or isinstance(error, ConnectionError | TimeoutError):
        return "transient"
    if isinstance(error, OSError) and error.errno in _PASSING:
        return "transient"
    return "deterministic"


def pause(tries: int) -> float:
    """Seconds to wait after so many tries: 1, 2, 4."""
    return _FIRST_PAUSE * 2.0 ** (tries - 1)


def parse(text: str) -> tuple[Failure, ...]:
    """``"transient,timeout"``, or ``all``; raises UsageError for a class that there is not."""
    names = [part.strip().replace("_", "-") for part in text.split(",") if part.strip()]
    if names == ["all"]:
        return CLASSES
    unknown = [name for name in names if name not in CLASSES]
    if unknown or not names:
        raise UsageError(f"--retry-failed takes {', '.join(CLASSES)} with commas, or all, got {text!r}")
    return tuple(name for name in CLASSES if name in names)
