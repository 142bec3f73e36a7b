"""A method at work on a case, as a run would have it work, with what the rules want to know of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from motionbench import memory, registry, request, stages
from motionbench.conformance.records import Broken
from motionbench.contracts import Method, Progress
from motionbench.errors import Declined
from motionbench.options import Choice
from motionbench.request import Question, Request
from motionbench.specs import MethodSpec
from motionbench.types import Case, TuneReport, Video
from motionbench.workshop import Workshop

SEED, OTHER_SEED, TUNE_SEED = 0, 1, 0


class Steps:
    """A progress callback that counts its calls and passes them on."""

    def __init__(self, shown: Progress) -> None:
        self.calls, self._shown = 0, shown

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.calls += 1
        self._shown(stage, done, total)


@dataclass(frozen=True, eq=False)
class First:
    """The first tuning and generation, with which all others are compared."""

    case: Case
    """What the spec lists of it."""
    state: Path | None
    output: object
    """As ``generate`` returned it."""
    calls: int
    """How often the tuning told its progress."""
    tune_seconds: float
    generate_seconds: float
    peak_memory_bytes: int


class Trial:
    """Builds everything when a rule first asks for it."""

    def __init__(
        self, spec: MethodSpec, question: Question, folder: Path, progress: Progress, steps: int | None = None
    ) -> None:
        self.spec, self.folder, self.progress = spec, folder, progress
        self._question, self._steps = question, steps
        self._built: list[Method] = []

    @cached_property
    def request(self) -> Request:
        """The question resolved, with the backbone's number of steps changed where that was asked for."""
        made = request.resolve(self._question)
        backbone = dataclasses.replace(made.backbone, steps=self._steps) if self._steps else made.backbone
        return dataclasses.replace(made, backbone=backbone)

    @property
    def choice(self) -> Choice:
        """The method with its options."""
        return self.request.methods[0]

    @cached_property
    def workshop(self) -> Workshop:
        """Loads the backbone and decodes cases."""
        return Workshop(self.request)

    @cached_property
    def method(self) -> Method:
        """The method that most rules try."""
        self.backbone_before  # noqa: B018 - the backbone is looked at before anybody can change it
        return self.build()

    def build(self) -> Method:
        """Another one with the same options: it remembers nothing."""
        self._built.append(self._isolated() if self.spec.environment else self._beside())
        return self._built[-1]

    def _beside(self) -> Method:
        backbone = self.workshop.backbone if self.spec.backbones else None
        return cast(Method, registry.implementation(self.spec)(backbone, self.choice.options))

    def _isolated(self) -> Method:
        from motionbench.isolation.host import IsolatedMethod

        backbone = self.request.backbone if self.spec.backbones else None
        return IsolatedMethod(self.spec, backbone, self.choice.options)

    @cached_property
    def backbone_before(self) -> str:
        """Digest of the backbone's own video, made before the method was built; "" where it runs on none here."""
        return self.backbone_digest() if self.spec.backbones and not self.spec.environment else ""

    def backbone_digest(self) -> str:
        """Digest of the backbone's own video of the first case's prompt."""
        prompt = self.request.entries[0].prompt
        return cast(Video, self.workshop.backbone.generate(prompt, seed=SEED, progress=self.progress)).digest()

    @cached_property
    def first(self) -> First:
        """Tunes and generates on the first case that is not declined; raises Broken where all are."""
        reasons: dict[str, None] = {}
        for number, entry in enumerate(self.request.entries):
            try:
                return self._first(self.workshop.case_for(self.choice, entry), f"first-{number}")
            except Declined as declined:
                reasons[str(declined)] = None
        raise Broken(f"it declines every case tried: {'; '.join(reasons)}")

    def _first(self, case: Case, name: str) -> First:
        steps, state = Steps(self.progress), None
        memory.reset_peak()
        started = time.perf_counter()
        if self.spec.tuned:
            state = self.tune(self.method, case, name, steps)
        tuned = time.perf_counter()
        output = self.method.generate(case, state, seed=SEED, progress=self.progress)
        seconds = tuned - started, time.perf_counter() - tuned
        peak = getattr(self.method, "peak_memory_bytes", 0) or memory.peak_bytes()
        return First(case, state, output, steps.calls, *seconds, peak)

    def tune(self, method: Method, case: Case, name: str, progress: Progress) -> Path:
        """Tune into the folder ``name`` as a run does: prompt and other videos unseen.

        Raises Broken without a report.
        """
        directory = self.folder / name
        directory.mkdir(exist_ok=True)
        seen = dataclasses.replace(case, prompt="", other=None, perfect=None)
        report: object = method.tune(seen, seed=TUNE_SEED, directory=directory, progress=progress)
        if not isinstance(report, TuneReport):
            raise Broken(f"tune returned a {type(report).__name__}; expected a motionbench.types.TuneReport")
        return directory

    def digest(self, case: Case | None = None, *, state: Path | None = None, seed: int = SEED) -> str:
        """Of the video of a case, the first one unless told, by the first tuning unless told."""
        case, state = case or self.first.case, state or self.first.state
        return self.checked(self.method.generate(case, state, seed=seed, progress=self.progress)).digest()

    @cached_property
    def first_digest(self) -> str:
        """Of the first generation."""
        return self.checked(self.first.output).digest()

    @cached_property
    def other_digest(self) -> str:
        """Of the generation by the other seed."""
        return self.digest(seed=OTHER_SEED)

    def checked(self, output: object) -> Video:
        """The output if it is a video of the protocol; raises InvalidOutputError otherwise."""
        return stages.checked(output, self.choice.label, self.request.protocol)

    @contextmanager
    def closing(self) -> Iterator[Trial]:
        """Ends the processes of methods in environments of their own afterwards."""
        try:
            yield self
        finally:
            for method in self._built:
                close: Any = getattr(method, "close", None)
                if self.spec.environment and close:
                    close()
