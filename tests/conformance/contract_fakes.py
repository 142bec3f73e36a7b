"""Methods that keep the contract, and one for every rule that breaks it; numpy only."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from motionbench.errors import Declined, MissingResourceError, UsageError
from motionbench.specs import MethodSpec
from motionbench.types import TuneReport, Video

STEPS = 6


def noise(*words):
    seed = int(hashlib.sha256(repr(words).encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed)


class Good:
    """Adds noise drawn from prompt and seed, and what tuning has summed up, to the reference."""

    def __init__(self, backbone, options):
        self.backbone, self.options = backbone, options

    def tune(self, case, *, seed, directory, progress):
        path = directory / "state.json"
        kept = json.loads(path.read_text()) if path.exists() else None
        generator = np.random.default_rng(seed)
        done, total = 0, float(len(case.reference_prompt))
        if kept:
            done, total, generator.bit_generator.state = kept["done"], kept["total"], kept["generator"]
        while done < STEPS:
            total, done = total + float(generator.integers(1000)), done + 1
            self.keep(path, done, total, generator)
            progress("tuning", done, STEPS)
        return TuneReport(0.1, 1)

    def keep(self, path, done, total, generator):
        path.write_text(json.dumps({"done": done, "total": total, "generator": generator.bit_generator.state}))

    def generate(self, case, state, *, seed, progress):
        tuned = json.loads((state / "state.json").read_text())["total"] if state else 0.0
        shift = noise(case.prompt, seed, tuned).integers(0, 256, case.reference.frames.shape, dtype=np.uint8)
        return dataclasses.replace(case.reference, frames=case.reference.frames + shift)


class NoGenerate:
    def __init__(self, backbone, options):
        pass


class FailsToBuild(Good):
    def __init__(self, backbone, options):
        raise RuntimeError("a wire is loose")


class LacksWeights(Good):
    def __init__(self, backbone, options):
        raise MissingResourceError("no weights\nFetch them: fake fetch")


class DislikesItsOptions(Good):
    def __init__(self, backbone, options):
        raise UsageError("fake.rank=0; expected 1 or more")


class Raises(Good):
    def generate(self, *_, **__):
        raise RuntimeError("a shape does not fit")


class Leaves(Good):
    def generate(self, *_, **__):
        raise SystemExit(3)


class Declines(Good):
    def generate(self, *_, **__):
        raise Declined("it needs a mask")


class DeclinesCameras(Good):
    def generate(self, case, *rest, **named):
        if case.category == "camera":
            raise Declined("no camera motion")
        return super().generate(case, *rest, **named)


class DeclinesThePromptLater(Good):
    def generate(self, case, *rest, **named):
        if "triangle" in case.prompt:
            raise Declined("no triangles")
        return super().generate(case, *rest, **named)


class NoReport(Good):
    def tune(self, case, *, seed, directory, progress):
        super().tune(case, seed=seed, directory=directory, progress=progress)


class TooShort(Good):
    def generate(self, *words, **named):
        return Video(super().generate(*words, **named).frames[:3], 8.0)


class Drifts(Good):
    """Its generator is made once and not from the seed of the call."""

    def __init__(self, backbone, options):
        super().__init__(backbone, options)
        self.generator = np.random.default_rng(0)

    def generate(self, case, state, *, seed, progress):
        return super().generate(case, state, seed=int(self.generator.integers(1 << 30)) + seed, progress=progress)


class IgnoresTheSeed(Good):
    def generate(self, case, state, *, seed, progress):
        return super().generate(case, state, seed=0, progress=progress)


class IgnoresThePrompt(Good):
    def generate(self, case, state, **named):
        return super().generate(dataclasses.replace(case, prompt="always"), state, **named)


class ForgetsItsGenerator(Good):
    def keep(self, path, done, total, generator):
        fresh = np.random.default_rng(0)
        super().keep(path, done, total, fresh)


class BeginsAnew(Good):
    def tune(self, case, *, seed, directory, progress):
        (directory / "state.json").unlink(missing_ok=True)
        return super().tune(case, seed=seed, directory=directory, progress=progress)


class Undying(Good):
    def tune(self, case, *, seed, directory, progress):
        def deaf(*words):
            with contextlib.suppress(BaseException):
                progress(*words)

        return super().tune(case, seed=seed, directory=directory, progress=deaf)


class Silent(Good):
    def tune(self, case, *, seed, directory, progress):
        return super().tune(case, seed=seed, directory=directory, progress=lambda *_: None)


class QuietTheSecondTime(Good):
    """A cache outside its folder."""

    def tune(self, case, *, seed, directory, progress):
        cache = Path(os.environ["CONTRACT_FAKE_CACHE"])
        told = (lambda *_: None) if cache.exists() else progress
        cache.write_text("")
        return super().tune(case, seed=seed, directory=directory, progress=told)


class Peeks(Good):
    """Looks at the field of the case that its option names."""

    def generate(self, case, state, *, seed, progress):
        seen = getattr(case, self.options["field"])
        mark = seen.digest() if isinstance(seen, Video) else repr(seen)
        return Video(noise(case.prompt, seed, mark).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8), 8.0)


class LooksAtNothing(Good):
    def generate(self, case, state, *, seed, progress):
        return Video(noise(case.prompt, seed).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8), 8.0)


class Backbone:
    def __init__(self, spec):
        self.spec, self.weight = spec, 1

    def generate(self, prompt, *, seed, progress):
        frames = noise(prompt, seed, self.weight, self.spec.steps).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
        return Video(frames, 8.0)


class Borrows(Good):
    def generate(self, case, state, *, seed, progress):
        video = self.backbone.generate(case.prompt, seed=seed, progress=progress)
        return dataclasses.replace(video, frames=video.frames + case.reference.frames)


class Spoils(Borrows):
    """Leaves another weight behind, and takes its own into account."""

    def generate(self, case, state, *, seed, progress):
        self.backbone.weight = 1
        try:
            return super().generate(case, state, seed=seed, progress=progress)
        finally:
            self.backbone.weight = 2


def spec(kind, **fields):
    base = MethodSpec(
        name="fake",
        implementation=f"contract_fakes:{kind}",
        summary="a fake",
        version="1",
        paper="none",
        licence="Apache-2.0",
        inputs=("reference", "reference_prompt", "prompt"),
    )
    return dataclasses.replace(base, **fields)
