"""What comes from outside: a line that breaks, a manifest of 100,000 clips, videos of 1 frame and of 9 GB."""

from __future__ import annotations

import functools
import hashlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.faults.bench import ROOT, Bench, Ended, Finding, last_line

_FILES = {f"clip-{number}.bin": bytes([number]) * 200_000 for number in range(4)}
_MANY = 100_000
_SPACE = 4 << 30
"""Bytes of address space of a run that is handed a video."""
_HEAD = """schema_version: 1
protocols:
  p: {frames: 17, fps: 8.0, height: 64, width: 64, tracker: lk, grid: 16}
suites:
  core: {summary: many, protocol: p, tags: [many]}
clips:
"""
_CLIP = """  - id: c{number}
    category: camera
    source: {source}
    reference_prompt: "a clip {number}"
    prompts:
      - {{id: p1, text: "another {number}"}}
    licence: Apache-2.0
    tags: [many]
"""


def manifest(folder: Path, sources: list[str]) -> Path:
    """The suite ``core`` with a clip a source."""
    file = folder / "data_manifest.yaml"
    clips = (_CLIP.format(number=number, source=source) for number, source in enumerate(sources))
    file.write_text(_HEAD + "".join(clips), encoding="utf-8")
    return file


def breaking(bench: Bench) -> Finding:
    """Each line breaks in the middle of its file once, one server error, one address that is lost for good."""
    sys.path[:0] = [] if str(ROOT / "tests" / "data") in sys.path else [str(ROOT / "tests" / "data")]
    import file_server

    with file_server.running() as server:
        server.files = dict(_FILES)
        server.answers = dict.fromkeys(_FILES, file_server.breaks_off)
        server.answers["clip-2.bin"] = file_server.fails_once
        sources = [
            f"{{file: {{path: {name}}}, url: '{server.url}/{name}', sha256: {_digest(body)}, bytes: {len(body)}}}"
            for name, body in _FILES.items()
        ]
        cache = bench.folder / "cache"
        told = {"MOTIONBENCH_MANIFEST": str(manifest(bench.folder, sources)), "MOTIONBENCH_CACHE": str(cache)}
        ended = _run(bench, told, "data", "fetch", "core")
    kept = {path.name: path.read_bytes() for path in cache.rglob("*.bin")}
    found = [f"exit {ended.code}: {ended.said[-300:]}"] if ended.code else []
    found += [f"{name} is not whole" for name, body in _FILES.items() if kept.get(name) != body]
    asked = [seen for seen in server.seen if seen[1]]
    found += [] if len(asked) == 3 else [f"{len(asked)} of 3 broken files were gone on with"]
    injected, again = "three lines that break in the middle of a file, and a server error", "nothing: each goes on"
    return Finding(injected, 4, again, (ended.code,), "", tuple(found))


def many(bench: Bench) -> Finding:
    """Every command that asks for a suite reads it; the fault is the size."""
    name = "{file: {path: missing.mp4}, sha256: " + "a" * 64 + ", bytes: 1}"
    told = {"MOTIONBENCH_MANIFEST": str(manifest(bench.folder, [name] * _MANY))}
    started = time.perf_counter()
    ended = _run(bench, told, "data", "verify", "core")
    seconds = time.perf_counter() - started
    lines = sum("missing" in line for line in (ended.said + ended.table).splitlines())
    found = [] if ended.code == 6 else [f"exit {ended.code} instead of 6: {ended.said[-300:]}"]
    found += [] if lines >= _MANY else [f"{lines} of {_MANY} missing files were told"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    said = f"all {_MANY:,} missing clips by name, {seconds:.0f} s, {peak:.1f} GiB"
    return Finding("a manifest of 100,000 clips", 1, "nothing", (ended.code,), said, tuple(found))


def handed_over(bench: Bench, frames: int, what: str, expected: str) -> Finding:
    """A video that was made elsewhere, of so many frames of 1080 lines, under a limit of address space."""
    ended, said = _scored(bench, frames)
    right = ended.code == 2 and expected in said
    found = () if right else (f"exit {ended.code} instead of 2: {ended.said[-300:]}",)
    return Finding(f"{what} handed over", 1, "nothing", (ended.code,), said, found)


def videos(bench: Bench) -> list[Finding]:
    """Of one frame, and of 9 GB of pixels in 80 kB."""
    cases = (1, "a video of 1 frame", "holds one picture only"), (1400, "a video of 9 GB of pixels", "got 1400;")
    return [handed_over(bench, *case) for case in cases]


def _scored(bench: Bench, frames: int) -> tuple[Ended, str]:
    folder = bench.store("handed-over")
    folder.mkdir()
    black = av.VideoFrame.from_ndarray(np.zeros((1080, 1920, 3), np.uint8), format="rgb24").reformat(format="yuv420p")
    with av.open(str(folder / "pan-1--p1.mp4"), "w") as container:
        stream: Any = container.add_stream("libx264", rate=8, options={"preset": "ultrafast"})
        stream.width, stream.height = 1920, 1080
        for number in range(frames):
            black.pts = number
            container.mux(stream.encode(black))
        container.mux(stream.encode())
    words = ("score", "--videos", str(folder), "--method", "theirs", "--metric", "flicker", "--no-controls")
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_AS, (_SPACE, _SPACE))
    ended = _run(bench, {}, *words, "--store", str(bench.store("scored")), limit=limit)
    return ended, last_line(ended.said, "pan-1--p1.mp4: ").strip().replace(str(folder), "…")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _run(bench: Bench, told: dict[str, str], *words: str, limit: Callable[[], None] | None = None) -> Ended:
    variables = bench.variables(**told)
    ended = subprocess.run(bench.command(*words), env=variables, capture_output=True, preexec_fn=limit, timeout=900)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode(errors="replace"))


def all_of_them(bench: Bench) -> list[Finding]:
    """Every kind."""
    return [breaking(bench), many(bench), *videos(bench)]
