"""Files of a finished store that are damaged, torn or gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.bench import Bench, Finding, last_line, stamps
from motionbench.store import Store

PAYLOADS = {"tune": "state.txt", "generate": "video.mkv", "track": "tracks.npz", "score": "meta.json"}
"""A file of each kind of object."""


def flipped(bench: Bench, stage: str, name: str, place: int = 0) -> Finding:
    """One bit of one file of one object; then every score is made again, which needs all that is below."""
    store = bench.copied("damaged")
    bench.forget()
    damaged = sorted((store / "objects" / stage).glob(f"*/*/{name}"))[place]
    _flip(damaged)
    ended = bench.evaluate(store, more=_asking_for(stage, store))
    found = bench.faults(store, ended)
    limit = {"tune": 1 + 8, "generate": 1}.get(stage, 0)
    found += [f"{bench.calls()} calls instead of {limit}"] if bench.calls() != limit else []
    key = damaged.parent.name[:16]
    if stage != "score" and key not in ended.said:
        found.append(f"nothing was said of {stage} {key}")
    said = last_line(ended.said, "is damaged")
    again = "the object, and the scores that `--force` asked for" if stage != "score" else "the score"
    return Finding(f"a bit flipped in `{name}` of a {stage} object", 1, again, (ended.code,), said, tuple(found))


def _asking_for(stage: str, store: Path) -> list[str]:
    """Options under which the run needs an object of this stage: rows alone are enough for a complete table."""
    if stage == "score":
        shutil.rmtree(store / "rows")
        return []
    return ["--force", "generate" if stage == "tune" else "score"]


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def gone(bench: Bench, stage: str) -> Finding:
    """An object that somebody has deleted: it is made again where something needs it, and its scores are kept."""
    store = bench.copied("damaged")
    bench.forget()
    victim = next((store / "objects" / stage).glob("*/*"))
    shutil.rmtree(victim)
    before = stamps(store)
    first = bench.evaluate(store)
    found = bench.faults(store, first, before)
    again = {"score": "the score"}.get(stage, "nothing: no missing score needs it")
    made = (victim / "DONE").exists()
    found += [f"it was {'not ' * (stage == 'score')}made again"] if made != (stage == "score") else []
    return Finding(f"a {stage} object deleted", 1, again, (first.code,), "", tuple(found))


def rows(bench: Bench, injected: str, damage: Callable[[Path], object], code: int, told: str) -> Finding:
    """The rows damaged; where the first run refuses them, what it says to type is done, and the second goes on."""
    store = bench.copied("damaged")
    bench.forget()
    damage(store)
    before = stamps(store)
    first = ended = bench.evaluate(store)
    found = [f"exit {first.code} instead of {code}: {first.said}"] if first.code != code else []
    if code:
        advice = last_line(first.said, ": rm ")
        found += [] if advice else [f"no advice: {first.said}"]
        Path(advice.rsplit(": rm ", 1)[-1]).unlink()
        ended = bench.evaluate(store)
    found += bench.faults(store, ended, before)
    found += [f"{bench.calls()} calls"] if bench.calls() else []
    codes = (first.code, ended.code) if code else (first.code,)
    return Finding(injected, 1, "nothing", codes, told and last_line(first.said, told), tuple(found))


def tear(store: Path) -> None:
    """Cut the last line of the rows in the middle, as a kill while writing does."""
    file = next((store / "rows").glob("*.jsonl"))
    data = file.read_bytes()
    file.write_bytes(data[: -len(data.splitlines(keepends=True)[-1]) // 2])


def flip_a_row(store: Path) -> None:
    """One bit of the rows."""
    _flip(next((store / "rows").glob("*.jsonl")))


def truncate_parquet(store: Path) -> None:
    """Compact the rows, then cut the table in the middle."""
    file = Store.open(store).compact()
    assert file is not None
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def all_of_them(bench: Bench) -> list[Finding]:
    """Every kind."""
    return [
        *(flipped(bench, stage, name) for stage, name in PAYLOADS.items()),
        *(gone(bench, stage) for stage in PAYLOADS),
        rows(bench, "the last line of the rows torn", tear, 0, ""),
        rows(bench, "a truncated Parquet table", truncate_parquet, 2, "is not the Parquet file"),
    ]
