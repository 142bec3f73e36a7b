"""Behaves or misbehaves by its option ``mood``; standard library and an old package only."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import clashing
from motionbench_worker import Declined


class Fake:
    def __init__(self, backbone, options):
        self.backbone, self.options, self.calls = backbone, options, 0
        if options["mood"] == "refuses to load":
            raise ImportError("no module named diffusers")

    def tune(self, case, *, seed, directory, progress):
        print("tuning", case.reference_id)
        for step in range(3):
            progress("steps", step + 1, 3)
        with open(os.path.join(directory, "state.txt"), "a") as file:
            file.write(f"{clashing.VERSION} {seed} {case.reference_prompt} {case.prompt!r}")
        return {"trainable_parameters": 7, "stages": {"spatial": 0.25}}

    def generate(self, case, state, *, seed, progress):
        self.calls += 1
        mood = self.options["mood"]
        if mood != "behaves":
            MOODS[mood](case)
        data = bytearray(case.reference.data)
        data[0] = seed
        data[1] = self.calls
        shape = SHAPES.get(mood, case.reference.shape)
        return memoryview(data)[: shape[0] * shape[1] * shape[2] * 3].cast("B", shape)


SHAPES = {"wrong shape": (2, 16, 16, 3)}


def prints(case):
    print("Loading pipeline components... 100%")
    os.write(1, b"\x00\xffC++ says hello\n")
    subprocess.run(["echo", "a child too"], check=True)
    assert sys.stdin.read() == ""


def babbles(case):
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"garbage\n")
    time.sleep(30)


def dies(case):
    print("CUDA error: out of luck", file=sys.stderr, flush=True)
    os._exit(3)


def hangs(case):
    subprocess.Popen(["sleep", "30"])
    time.sleep(30)


def raises(case):
    raise KeyError("to_q")


def exits(case):
    sys.exit("no licence")


def declines(case):
    raise Declined("needs a mask")


def looks(case):
    """Fails with what it sees of the annotation."""
    arrays = {name: one for name, one in vars(case.annotation).items() if name != "estimated"}
    seen = {name: (one.dtype, one.shape) for name, one in arrays.items()} | {"estimated": case.annotation.estimated}
    raise ValueError(f"{seen} {case.other} {case.category}")


def nothing(case):
    pass


MOODS = {
    name: globals()[name] for name in ("prints", "babbles", "dies", "hangs", "raises", "exits", "declines", "looks")
}
MOODS["wrong shape"] = nothing
