"""What the guided methods have in common: all but the features that they compare, and the loss.

None of them has released code for Wan; each was written for another backbone. Here they share one loop (``loop``), so
that two rows of a table differ in the loss and in named options only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from torch import Tensor

from motionbench.backbones.sampling import Sampler
from motionbench.backbones.token_grid import TokenGrid
from motionbench.contracts import Progress, silent
from motionbench.errors import UsageError
from motionbench.methods.guidance.descent import Schedule
from motionbench.methods.guidance.loop import Guidance, ObjectiveOf, Wanted, opened
from motionbench.methods.guidance.options import GuidanceOptions
from motionbench.methods.guidance.positions import Positions, moved_positions
from motionbench.methods.guidance.reference import ReferencePath, low_frequencies_of
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

Chosen = TypeVar("Chosen", bound=GuidanceOptions)


class GuidedMethod(ABC, Generic[Chosen]):
    """Training-free. Raises UsageError for an unknown option, a block or a backbone that is not there."""

    OPTIONS: ClassVar[type[GuidanceOptions]]

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError(f"{self.OPTIONS.METHOD} needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options: Chosen = self.OPTIONS.of(options)  # type: ignore[assignment]
        count = backbone.depth
        self.blocks = self.options.guided_blocks(count)
        self.injected = self.options.injected_blocks(count)

    @abstractmethod
    def wanted(self) -> Wanted:
        """The features that the loss compares, of ``self.blocks``."""

    @abstractmethod
    def objective_of(self, case: Case, grid: TokenGrid) -> ObjectiveOf:
        """What makes the loss from the reference's features; may raise Declined where they say nothing."""

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Nothing to learn."""
        return TuneReport(seconds=0.0, trainable_parameters=0)

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video, guided to the reference's motion.

        With no window or no inner steps, from noise and without injection, it is the backbone's own to the byte.
        """
        sampler, options = Sampler(self.backbone), self.options
        noise, clean = sampler.noise(seed), self.backbone.encode(case.reference)
        path = ReferencePath(sampler, clean, noise, inverted=options.reference_path == "inverted")
        first_step = sampler.entry(options.strength) if options.init == "sdedit" else 0
        start = self._start(path, noise, first_step)
        with ExitStack() as stack:
            guidance = self._guidance(sampler, path, case, first_step)
            guidance.injected, guidance.progress = opened(self.backbone, self.injected, stack), progress
            guidance.positions = self._positions(sampler, stack)
            stack.enter_context(self.backbone.checkpointing(wanted=options.gradient_checkpointing))
            latents = sampler.sample(
                start, case.prompt, first_step=first_step, before_step=guidance.before_step, progress=progress
            )
        return sampler.render(latents)

    def _start(self, path: ReferencePath, noise: Tensor, first_step: int) -> Tensor:
        match self.options.init:
            case "sdedit":
                return path.at_step(first_step)
            case "lowpass":
                return low_frequencies_of(path.at_step(0), noise)
            case _:
                return noise

    def _positions(self, sampler: Sampler, stack: ExitStack) -> Positions | None:
        if self.options.target == "latent":
            return None
        return stack.enter_context(moved_positions(self.backbone.transformer, self._grid(sampler), self.options.METHOD))

    def _grid(self, sampler: Sampler) -> TokenGrid:
        return TokenGrid.of(sampler.shape, self.backbone.architecture.patch(self.backbone.transformer))

    def _guidance(self, sampler: Sampler, path: ReferencePath, case: Case, first_step: int) -> Guidance:
        options, backbone = self.options, self.backbone
        grid = self._grid(sampler)
        schedule = Schedule.over(
            options.window,
            sampler.steps - first_step,
            options.learning_rate,
            options.final_learning_rate,
            options.ramp,
        )
        return Guidance(
            backbone,
            self.wanted(),
            self.objective_of(case, grid),
            path,
            schedule,
            embeds=backbone.embed(case.prompt).to(backbone.dtype),
            empty=backbone.embed("").to(backbone.dtype),
            inner_steps=options.inner_steps,
            optimiser=options.optimiser,
            first_step=first_step,
            reference_sigma=None if options.reference_each_step else options.reference_sigma,
        )
