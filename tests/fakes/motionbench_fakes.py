"""A plug-in of tiny fakes: methods that behave and misbehave, metrics, a tracker and a suite; numpy only.

Every tuning and generation appends a line to the file that ``MOTIONBENCH_FAKE_LOG`` names, for tests to count.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from pathlib import Path

import numpy as np

from motionbench.errors import Declined, MissingResourceError, Undefined, VideoError
from motionbench.specs import MethodSpec, MetricSpec, SuiteSpec, TrackerSpec
from motionbench.types import Annotation, Case, CaseEntry, Protocol, Tracks, TuneReport, Video

PROTOCOL = Protocol("fake-v1", frames=5, fps=8.0, height=16, width=16, tracker="fake-tracker", grid=3)


def log(line: str) -> None:
    path = os.environ.get("MOTIONBENCH_FAKE_LOG")
    if path:
        with open(path, "a") as handle:
            handle.write(line + "\n")


def pixels(reference: str) -> np.ndarray:
    seed = int(hashlib.sha256(reference.encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


class FakeSuite:
    """Four references, two a category; the prompt of the last is its own."""

    def __init__(self, name: str) -> None:
        if defect := os.environ.get("MOTIONBENCH_FAKE_DEFECT"):
            raise RuntimeError(defect)
        self.name, self.summary, self.notice, self.protocol = (
            name,
            "four clips of noise",
            "Fakes [prove] nothing.",
            PROTOCOL,
        )
        references = (("pan", "camera"), ("zoom", "camera"), ("ball", "single_object"), ("car", "single_object"))
        self.entries = tuple(
            CaseEntry(f"{ref}-0", name, category, ref, f"a cat in {ref}", f"a dog in {ref}", f"digest-{ref}")
            for ref, category in references
        )

    def load(self, entry: CaseEntry) -> Case:
        if entry.reference_id == os.environ.get("MOTIONBENCH_FAKE_BROKEN_CLIP"):
            raise VideoError(f"{entry.id}.mp4 is truncated")
        video = Video(pixels(entry.reference_id), 8.0)
        return Case(
            entry.id,
            entry.suite,
            entry.category,
            video,
            entry.reference_id,
            entry.prompt,
            entry.reference_prompt,
            Annotation(exact=True),
            perfect=video,
            other=Video(pixels("other"), 8.0),
        )


class FakeMethod:
    """Rolls the reference by its option, plus whatever tuning left."""

    def __init__(self, backbone: object, options: dict[str, object]) -> None:
        self.backbone, self.options = backbone, options

    def tune(self, case: Case, *, seed: int, directory: Path, progress: object) -> TuneReport:
        log(f"tune {case.reference_id} {seed}")
        assert case.prompt == ""
        time.sleep(float(os.environ.get("MOTIONBENCH_FAKE_SLEEP", "0")))
        (directory / "state.txt").write_text(str(len(case.reference_prompt) + seed))
        return TuneReport(0.5, 12, {"spatial": 0.25})

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: object) -> Video:
        log(f"generate {case.id} {seed}")
        assert case.perfect is None
        assert not case.annotation.exact
        shift = int(self.options["shift"]) + (int((state / "state.txt").read_text()) if state else 0)
        time.sleep(float(os.environ.get("MOTIONBENCH_FAKE_SLEEP", "0")))
        return Video(np.roll(case.reference.frames, shift + seed, axis=1), 8.0)


class Still:
    """The first frame, again and again: legal."""

    def __init__(self, backbone: object, options: object) -> None:
        pass

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: object) -> Video:
        log(f"generate {case.id} {seed}")
        return Video(np.repeat(case.reference.frames[:1], 5, axis=0), 8.0)


class Perfect(Still):
    def generate(self, case: Case, state: Path | None, *, seed: int, progress: object) -> Video:
        assert case.perfect is not None
        return case.perfect


class Declines(Still):
    def generate(self, *_: object, **__: object) -> Video:
        raise Declined("only procedural clips have it")


class Raises(Still):
    def generate(self, case: Case, *_: object, **__: object) -> Video:
        if case.category == "camera":
            raise RuntimeError("weights [exploded]")
        return case.reference


class Flaky(Still):
    """Loses its connection twice with a pan, then goes on."""

    def generate(self, case: Case, *_: object, **__: object) -> Video:
        if case.reference_id == "pan":
            log(f"try {case.id}")
            if Path(os.environ["MOTIONBENCH_FAKE_LOG"]).read_text().count(f"try {case.id}") <= 2:
                raise ConnectionResetError("the line is down")
        return case.reference


class Hangs(Still):
    """Never ends with a pan."""

    def generate(self, case: Case, *_: object, **__: object) -> Video:
        log(f"generate {case.id}")
        print(f"at work on {case.id}")
        if case.reference_id == "pan":
            time.sleep(600)
        return case.reference


class Prints(Still):
    """Says what it does, through Python and through a descriptor."""

    def generate(self, case: Case, *_: object, **__: object) -> Video:
        print(f"at work on {case.id}", flush=True)
        os.write(2, b"more of it\n")
        return case.reference


class WrongShape(Still):
    def generate(self, *_: object, **__: object) -> Video:
        return Video(np.zeros((3, 16, 16, 3), np.uint8), 8.0)


class WrongRate(Still):
    def generate(self, case: Case, *_: object, **__: object) -> Video:
        return Video(case.reference.frames, 25.0)


class NotANumber(Still):
    def generate(self, *_: object, **__: object) -> object:
        return np.full((5, 16, 16, 3), np.nan)


class MissingWeights(Still):
    def __init__(self, *_: object) -> None:
        raise MissingResourceError("no weights of fake-missing\nFetch them: fake fetch")


class FakeTracker:
    signature = "fake-tracker@1"

    def __call__(self, video: Video, queries: np.ndarray) -> Tracks:
        log("track")
        shift = video.frames.mean(axis=(1, 2, 3)).astype(np.float32)
        return Tracks(queries[:, None] + shift[None, :, None], np.ones((len(queries), len(video.frames)), bool))


class Brightness:
    def __init__(self, protocol: Protocol, encoder: object) -> None:
        self.signature = f"fake_brightness|v:1|protocol:{protocol.name}"

    def __call__(self, evidence: object) -> float:
        return float(evidence.video.frames.mean())


class Motion:
    """No value where the video stands still."""

    def __init__(self, protocol: Protocol, encoder: object) -> None:
        self.signature = f"fake_motion|v:1|tracker:{protocol.tracker}"

    def __call__(self, evidence: object) -> float:
        spread = float(np.ptp(evidence.tracks.xy, axis=1).mean())
        if spread == 0:
            raise Undefined("nothing moves")
        return spread / float(np.ptp(evidence.reference_tracks.xy, axis=1).mean())


class GivesNaN(Brightness):
    def __call__(self, evidence: object) -> float:
        return float("nan")


def method(name: str, kind: str, **fields: object) -> MethodSpec:
    return MethodSpec(name, f"motionbench_fakes:{kind}", f"the fake {name}", "1", "none", "Apache-2.0", **fields)


def metric(name: str, kind: str, **fields: object) -> MetricSpec:
    return MetricSpec(name, f"motionbench_fakes:{kind}", name, "", "higher", (0.0, 255.0), "nowhere", "1", **fields)


ROLL = method(
    "fake-roll",
    "FakeMethod",
    defaults={"shift": 1, "loud": False, "rate": 0.5, "mode": "a"},
    presets={"big": {"shift": 5}},
)
TUNED = dataclasses.replace(ROLL, name="fake-tuned", tuned=True)
STILL = method("fake-still", "Still", control=True)
PERFECT = method("fake-perfect", "Perfect", control=True, inputs=("perfect",))
DECLINES = method("fake-declines", "Declines", control=True)
RAISES = method("fake-raises", "Raises")
WRONG_SHAPE = method("fake-wrong-shape", "WrongShape")
WRONG_RATE = method("fake-wrong-rate", "WrongRate")
NOT_A_NUMBER = method("fake-nan", "NotANumber")
FLAKY = method("fake-flaky", "Flaky")
HANGS = method("fake-hangs", "Hangs")
PRINTS = method("fake-prints", "Prints")
MISSING = method("fake-missing", "MissingWeights")
MINI_ONLY = method("fake-mini-only", "Still", backbones=("mini-wan",))
BRIGHTNESS = metric("fake_brightness", "Brightness", status="headline")
MOTION = metric("fake_motion", "Motion", needs=("tracks",))
GIVES_NAN = metric("fake_nan", "GivesNaN", status="diagnostic")
TRACKER = TrackerSpec("fake-tracker", "motionbench_fakes:FakeTracker", "a fake", "1", "Apache-2.0", 0.0)
SUITE = SuiteSpec("fake", "motionbench_fakes:FakeSuite", "four clips of noise")

ENTRY_POINTS = {
    "methods": [
        *("ROLL", "TUNED", "STILL", "PERFECT", "DECLINES", "RAISES", "WRONG_SHAPE", "WRONG_RATE"),
        *("NOT_A_NUMBER", "FLAKY", "HANGS", "PRINTS", "MISSING", "MINI_ONLY", "BROKEN"),
    ],
    "metrics": ["BRIGHTNESS", "MOTION", "GIVES_NAN"],
    "trackers": ["TRACKER"],
    "suites": ["SUITE"],
}
