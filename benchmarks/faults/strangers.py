"""Methods that do what no method should, on the clips of camera motion: all else must be as if they did not."""

from __future__ import annotations

import functools
import resource
from collections.abc import Sequence

from benchmarks.faults.bench import Bench, Ended, Finding
from motionbench.store import Store

_FAILED, _KILLED = 3, -11
_SPACE = 6 << 30
"""Bytes of address space."""
_TITLES = {
    "leaves": "a method that calls `sys.exit`",
    "garbage": "a method that returns a text",
    "huge": "a method that returns 4 GB of pixels",
    "huge-nan": "a method that returns 4 GB of NaN",
    "one-frame": "a method that returns one frame",
    "leaks": "a method that keeps memory until there is none",
    "forks": "a method that forks, its child exits",
    "babbles": "a method that prints 16 MB",
    "scribbles": "a method that writes beside the store and over finished videos",
    "vanishes": "a method that ends the process by a segmentation fault, once",
}
_TOLD = {
    "leaves": "SystemExit: no licence",
    "garbage": "returned a str",
    "huge": "returned a Video of uint8 frames (1366, 1024, 1024, 3)",
    "huge-nan": "returned float32 frames (341, 1024, 1024, 3) with NaN",
    "one-frame": "returned a Video of uint8 frames (1, 16, 16, 3)",
    "leaks": "MemoryError",
}
"""What is said of an item that they spoil."""


def spoiling(bench: Bench, names: Sequence[str]) -> list[Finding]:
    """Their items fail, each with its reason; the others, and those of other methods, do not."""
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_AS, (_SPACE, _SPACE))
    ended = bench.evaluate(bench.store("strangers"), _all(names), limit=limit)
    return [_spoiled(bench, name, ended) for name in names]


def _spoiled(bench: Bench, name: str, ended: Ended) -> Finding:
    found = _others(bench, name, ended, ("single_object",))
    found += [f"exit {ended.code} instead of {_FAILED}: {ended.said[-300:]}"] if ended.code != _FAILED else []
    said = [line for line in ended.said.splitlines() if f" stranger-{name} · " in line and _TOLD[name] in line]
    items = {line.split(" · ")[1] for line in said}
    found += [f"said of {sorted(items)}, not of pan-0 and zoom-0"] if items != {"pan-0", "zoom-0"} else []
    return Finding(_TITLES[name], 2, "its own items, by the next run", (ended.code,), _short(said), tuple(found))


def harmless(bench: Bench, name: str, said: str = "") -> Finding:
    """It does its work as well: the table is as if it did nothing else."""
    ended = bench.evaluate(bench.store("strangers"), _all([name]))
    found = _others(bench, name, ended, ("all", "camera", "single_object"))
    found += [f"exit {ended.code}: {ended.said[-300:]}"] if ended.code else []
    found += ["the table is not all that was printed"] if not ended.table.startswith("method,") else []
    printed = any(line.startswith("babble") for line in ended.said.splitlines())
    found += ["what it printed is on the terminal"] if printed else []
    return Finding(_TITLES[name], 2, "nothing", (ended.code,), said, tuple(found))


def scribbling(bench: Bench) -> Finding:
    """Nothing keeps a plug-in from writing where its user may; what it spoils is found by its digest."""
    finding = harmless(bench, "scribbles")
    store = bench.folder / "strangers"
    ended = bench.evaluate(store, _all(["scribbles"]), more=["--force", "score"])
    found = bench.faults(store, ended) if Store.open(store).objects.verify() else []
    found += [] if "is damaged: it is made again" in ended.said else ["no damage was found"]
    said = "[…] is damaged: it is made again"
    return Finding(finding.injected, 4, "the damaged videos", (0, ended.code), said, (*finding.faults, *found))


def vanishing(bench: Bench) -> Finding:
    """In this process nobody is left to say anything; the next run goes on where it ended."""
    (bench.folder / "vanished").unlink(missing_ok=True)
    store = bench.store("strangers")
    first = bench.evaluate(store, _all(["vanishes"]))
    ended = bench.evaluate(store, _all(["vanishes"]))
    found = _others(bench, "vanishes", ended, ("all", "camera", "single_object"))
    found += [f"exit {first.code}, {ended.code}"] if (first.code, ended.code) != (_KILLED, 0) else []
    return Finding(_TITLES["vanishes"], 1, "the item at hand", (first.code, ended.code), "", tuple(found))


def _all(names: Sequence[str]) -> str:
    return ",".join([*(f"stranger-{name}" for name in names), "fake-still"])


def _others(bench: Bench, name: str, ended: Ended, categories: Sequence[str]) -> list[str]:
    """Where the table differs from the undisturbed one: it holds ``fake-still``, as which strangers work."""
    still, here = _cells(bench.undisturbed), _cells(ended.table)
    found = [f"{key} differs" for key in still if key[0] == "fake-still" and here.get(key) != still[key]]
    pairs = [(key, (f"stranger-{name}", *key[1:])) for key in still if key[0] == "fake-still"]
    return found + [
        f"{theirs} differs" for key, theirs in pairs if key[2] in categories and here.get(theirs) != still[key]
    ]


def _cells(table: str) -> dict[tuple[str, ...], list[str]]:
    """Mean, interval, n and failures by method, metric and category."""
    lines = [line.split(",") for line in table.splitlines()]
    return {tuple(cells[:3]): cells[3:8] for cells in lines}


def _short(said: Sequence[str]) -> str:
    return said[0].split("] ", 1)[-1].split("; expected")[0] if said else ""


def all_of_them(bench: Bench) -> list[Finding]:
    """Every kind."""
    return [
        *spoiling(bench, ["leaves", "garbage", "huge", "huge-nan", "one-frame"]),
        *spoiling(bench, ["leaks"]),
        harmless(bench, "forks"),
        harmless(bench, "babbles"),
        scribbling(bench),
        vanishing(bench),
    ]
