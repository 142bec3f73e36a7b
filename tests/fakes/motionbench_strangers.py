"""A plug-in of methods that do what no method should: they leak, fork, leave, babble and scribble; numpy only.

They misbehave on the clips of camera motion alone, and are ``fake-still`` on the others.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import numpy as np
from motionbench_fakes import Still, log

from motionbench.specs import MethodSpec
from motionbench.types import Case, TuneReport, Video

KEPT: list[np.ndarray] = []


class Stranger(Still):
    """Misbehaves, then does its work all the same."""

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: object) -> Video:
        if case.category == "camera":
            given = self.misbehave(case)
            if given is not None:
                return given
        return super().generate(case, state, seed=seed, progress=progress)

    def misbehave(self, case: Case) -> Video | None:
        raise NotImplementedError


class Leaks(Stranger):
    """Keeps address space without touching it, until there is no more."""

    def misbehave(self, case: Case) -> None:
        while True:
            KEPT.append(np.empty(1 << 30, np.uint8))


class Forks(Stranger):
    """Leaves a child behind that does nothing and ends when it likes."""

    def misbehave(self, case: Case) -> None:
        if os.fork() == 0:
            os._exit(0)


class ForksAndReturns(Stranger):
    """Forgets to end its child, which comes back as if it were the run."""

    def misbehave(self, case: Case) -> None:
        os.fork()


class Leaves(Stranger):
    def misbehave(self, case: Case) -> None:
        sys.exit("no licence")


class Vanishes(Stranger):
    """Ends the process as a segmentation fault does, once: a file tells that it has."""

    def misbehave(self, case: Case) -> None:
        mark = Path(os.environ["MOTIONBENCH_FAKE_LOG"]).with_name("vanished")
        if not mark.exists():
            mark.touch()
            log(f"generate {case.id} vanishes")
            sys.stdout.flush()
            ctypes.string_at(0)


class Babbles(Stranger):
    """Prints 16 MB, through Python, through a descriptor and through a child."""

    def misbehave(self, case: Case) -> None:
        print("babble " * 2**20)
        os.write(1, b"babble " * 2**20)
        os.system("echo babble")


class Scribbles(Stranger):
    """Writes beside the store, and over what others have made; tuning gives it a path into the store."""

    def tune(self, case: Case, *, seed: int, directory: Path, progress: object) -> TuneReport:
        log(f"tune {case.reference_id} {seed}")
        root = directory.parent.parent
        (root.parent / "scribbled.txt").write_text("was here")
        for video in sorted((root / "objects" / "generate").glob("*/*/video.mkv")):
            data = bytearray(video.read_bytes())
            data[-1] ^= 1
            video.write_bytes(data)
        return TuneReport(0.0, 0)

    def misbehave(self, case: Case) -> None:
        return None


class Garbage(Stranger):
    def misbehave(self, case: Case) -> Video:
        return "a video, honestly"  # type: ignore[return-value]


class Huge(Stranger):
    """4 GB of pixels, of which no byte is in memory."""

    def misbehave(self, case: Case) -> Video:
        return Video(np.broadcast_to(np.uint8(0), (1366, 1024, 1024, 3)), 8.0)


class HugeNaN(Stranger):
    """4 GB of floats, of which no byte is in memory."""

    def misbehave(self, case: Case) -> Video:
        return np.broadcast_to(np.float32("nan"), (341, 1024, 1024, 3))  # type: ignore[return-value]


class OneFrame(Stranger):
    def misbehave(self, case: Case) -> Video:
        return Video(case.reference.frames[:1], 8.0)


def stranger(name: str, kind: str, **fields: object) -> MethodSpec:
    place, summary = f"motionbench_strangers:{kind}", f"a stranger: {name}"
    return MethodSpec(f"stranger-{name}", place, summary, "1", "none", "none", **fields)


LEAKS = stranger("leaks", "Leaks")
FORKS = stranger("forks", "Forks")
FORKS_AND_RETURNS = stranger("forks-and-returns", "ForksAndReturns")
LEAVES = stranger("leaves", "Leaves")
VANISHES = stranger("vanishes", "Vanishes")
BABBLES = stranger("babbles", "Babbles")
SCRIBBLES = stranger("scribbles", "Scribbles", tuned=True)
GARBAGE = stranger("garbage", "Garbage")
HUGE = stranger("huge", "Huge")
HUGE_NAN = stranger("huge-nan", "HugeNaN")
ONE_FRAME = stranger("one-frame", "OneFrame")

ENTRY_POINTS = {
    "methods": [
        *("LEAKS", "FORKS", "FORKS_AND_RETURNS", "LEAVES", "VANISHES", "BABBLES", "SCRIBBLES", "GARBAGE", "HUGE"),
        *("HUGE_NAN", "ONE_FRAME"),
    ]
}
