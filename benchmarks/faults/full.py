"""Stores on disks that are full or cannot be written."""

from __future__ import annotations

import contextlib
import functools
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.bench import NEEDED, Bench, Ended, Finding, last_line, stamps

_REFUSED = 6
"""Exit code of a store that cannot be written."""


class NotAllowedError(Exception):
    """This user cannot mount a file system."""


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system in memory of its own; what it gives changes its options."""
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if mounted.returncode:
        raise NotAllowedError(mounted.stderr.decode().strip())
    try:
        yield lambda options: _remount(folder, options)
    finally:
        subprocess.run(["umount", folder], check=True)


def _remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def full(bench: Bench, kilobytes: int) -> Finding:
    """A disk that gets full on the way and is made larger then."""
    bench.forget()
    with disk(bench.folder / "disk", f"{kilobytes}k") as change:
        store = bench.folder / "disk" / "store"
        first = bench.evaluate(store)
        before = stamps(store)
        change("size=64m,rw")
        return _went_on(bench, f"a disk of {kilobytes} kB, full on the way", store, first, before)


def read_only(bench: Bench) -> Finding:
    """A store half done that cannot be written for a while; its table can be read all the same."""
    bench.forget()
    with disk(bench.folder / "disk", "64m") as change:
        store = bench.folder / "disk" / "store"
        bench.evaluate(store, "fake-still")
        before = stamps(store)
        change("ro")
        first = bench.evaluate(store)
        shown = subprocess.run(
            bench.command("table", "--store", str(store)), env=bench.variables(), capture_output=True
        )
        change("rw")
        found = _went_on(bench, "a store on a read-only file system", store, first, before)
        return found if shown.returncode == 0 else _worse(found, f"motionbench table exits {shown.returncode}")


def _worse(finding: Finding, fault: str) -> Finding:
    return Finding(**{**vars(finding), "faults": (*finding.faults, fault)})


def limited(bench: Bench, kilobytes: int) -> Finding:
    """A limit on the size of a file, as a quota works: a file stops growing in the middle."""
    bench.forget()
    store = bench.store("limited")
    size = kilobytes * 1024
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
    first = bench.evaluate(store, limit=limit)
    return _went_on(bench, f"no file may exceed {kilobytes} kB", store, first, stamps(store))


def _went_on(bench: Bench, injected: str, store: Path, first: Ended, before: dict[Path, tuple[int, int]]) -> Finding:
    ended = bench.evaluate(store)
    found = bench.faults(store, ended, before)
    said = last_line(first.said, "cannot write the store")
    found += [f"exit {first.code} instead of {_REFUSED}: {first.said[-300:]}"] if first.code != _REFUSED else []
    found += [] if said else ["the message does not name the store"]
    extra = bench.calls() - NEEDED
    found += [f"{extra} calls too many"] if extra > 1 else []
    found += [f"left behind: {left.name}" for left in (store / "work").iterdir()]
    again = f"{extra} of {NEEDED}, whose result could not be written" if extra else "nothing"
    return Finding(injected, 1, again, (first.code, ended.code), said, tuple(found))


def all_of_them(bench: Bench) -> list[Finding]:
    """Every kind; where mounting is not allowed, a row says so."""
    found = [limited(bench, size) for size in (4, 8, 12)]
    try:
        return [*found, *(full(bench, size) for size in (100, 200, 300, 400)), read_only(bench)]
    except NotAllowedError as error:
        return [*found, Finding("a full and a read-only disk", 0, "", (), f"not tried: {error}")]
