"""Getting one file by its address, through the standard library alone.

What has come in waits as ``NAME.part`` beside the file's place and is gone on with next time; a file takes its own name
when its digest is right, never before. What may pass (a broken connection, a busy server) is tried again with a pause
that doubles; what will not pass (no such file, other bytes) is told at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import motionbench
from motionbench.data.files import sha256
from motionbench.errors import MissingResourceError

_CHUNK = 1 << 16
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_UNSATISFIABLE = 416


@dataclass(frozen=True)
class Wanted:
    """A file, and everything that tells whether it came whole."""

    name: str
    url: str
    sha256: str
    bytes: int
    place: Path
    """Where it goes."""

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.place.with_name(self.place.name + ".part")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server."""

    attempts: int = 5
    seconds: float = 0.5
    """Before the second attempt; doubles from one to the next."""
    timeout: float = 30.0
    """Seconds without a byte."""
    wait: Callable[[float], None] = time.sleep


class Interrupted(Exception):
    """The caller wants no more; what has come is kept."""


class _Passing(Exception):
    """A fault that another attempt may not meet."""


Arrived = Callable[[int], None]
"""``arrived(count)``: so many bytes of the file are here; raises Interrupted to stop."""


def is_here(wanted: Wanted) -> bool:
    """Whether the file is in its place with the right digest."""
    place = wanted.place
    return place.is_file() and place.stat().st_size == wanted.bytes and sha256(place) == wanted.sha256


def fetch(wanted: Wanted, arrived: Arrived = lambda count: None, patience: Patience | None = None) -> None:
    """Put a file in its place; raises MissingResourceError where it cannot be had, with the reason."""
    patience = patience or Patience()
    try:
        wanted.place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(wanted.part):
            if not is_here(wanted):
                _persist(wanted, arrived, patience)
    except OSError as error:
        raise MissingResourceError(
            f"{wanted.place} cannot be written: {error}; make room, or set MOTIONBENCH_CACHE to another folder"
        ) from error
    arrived(wanted.bytes)


def _persist(wanted: Wanted, arrived: Arrived, patience: Patience) -> None:
    for attempt in range(patience.attempts):
        if attempt:
            patience.wait(patience.seconds * 2 ** (attempt - 1))
        try:
            _receive(wanted, arrived, patience.timeout)
            os.replace(wanted.part, wanted.place)
            return
        except _Passing as error:
            reason = str(error)
    raise MissingResourceError(
        f"{wanted.name} could not be fetched in {patience.attempts} attempts: {wanted.url} {reason}; "
        "the same command goes on where it stopped, --mirror names another server"
    )


def _receive(wanted: Wanted, arrived: Arrived, timeout: float) -> None:
    """Complete the part and check it."""
    have = _size(wanted.part)
    if have > wanted.bytes:
        wanted.part.write_bytes(b"")
        have = 0
    if have < wanted.bytes:
        with _reading(wanted), _opened(wanted, have, timeout) as response:
            start = have if _goes_on(response, have) else 0
            _copy(response, wanted, start, arrived)
    got = sha256(wanted.part)
    if got == wanted.sha256:
        return
    wanted.part.write_bytes(b"")
    if have:
        raise _Passing("sent an end that does not fit the beginning")
    raise MissingResourceError(
        f"{wanted.name} is another file than the manifest says: {wanted.url}: expected {wanted.sha256}, got {got}; "
        "it was deleted. Try --mirror, or correct the manifest"
    )


def _opened(wanted: Wanted, have: int, timeout: float) -> Any:
    headers = {"User-Agent": f"motionbench/{motionbench.__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    return urllib.request.urlopen(urllib.request.Request(wanted.url, headers=headers), timeout=timeout)


def _goes_on(response: Any, have: int) -> bool:
    """Whether a server sends the rest, not everything again."""
    sent = response.headers.get("Content-Range") or ""
    return getattr(response, "status", None) == 206 and sent.startswith(f"bytes {have}-")


def _copy(response: Any, wanted: Wanted, start: int, arrived: Arrived) -> None:
    count = start
    with wanted.part.open("r+b") as part:
        part.truncate(start)
        part.seek(start)
        arrived(count)
        while chunk := _chunk(response):
            count += len(chunk)
            if count > wanted.bytes:
                part.truncate(0)
                raise MissingResourceError(
                    f"{wanted.name} is another file than the manifest says: {wanted.url} sends more than "
                    f"{wanted.bytes} bytes. Try --mirror, or correct the manifest"
                )
            part.write(chunk)
            arrived(count)
    if count < wanted.bytes:
        raise _Passing(f"broke off after {count} of {wanted.bytes} bytes")


def _chunk(response: Any) -> bytes:
    try:
        data: bytes = response.read1(_CHUNK)
        return data
    except http.client.IncompleteRead as error:
        return error.partial
    except OSError as error:
        raise _Passing(f"fell silent: {error}") from error


@contextlib.contextmanager
def _reading(wanted: Wanted) -> Iterator[None]:
    """Tell faults that pass from those that stay."""
    try:
        yield
    except urllib.error.HTTPError as error:
        answer = f"answers {error.code} ({error.reason})"
        if error.code == _UNSATISFIABLE:
            wanted.part.write_bytes(b"")
        if error.code in (*_PASSING, _UNSATISFIABLE):
            raise _Passing(answer) from error
        raise MissingResourceError(
            f"{wanted.name} cannot be fetched: {wanted.url} {answer}; --mirror names another server or a folder"
        ) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError) or wanted.url.startswith("file:"):
            raise MissingResourceError(f"{wanted.name} is not at {wanted.url}: {error.reason}; correct it") from error
        raise _Passing(f"cannot be reached: {error.reason}") from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _Passing(f"fell silent: {error or type(error).__name__}") from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Hold a file's folder against other processes that fetch it too; a part of nothing does not stay."""
    handle = os.open(part.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        part.touch()
        yield
    finally:
        if part.exists() and not part.stat().st_size:
            part.unlink()
        os.close(handle)
