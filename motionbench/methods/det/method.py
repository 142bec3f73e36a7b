"""DeT, Decouple and Track (arXiv 2503.17350) on Wan: temporal kernels learn the clip, no weight is changed.

Other than in the paper and its public code for CogVideoX:

- the loss is flow matching's, at levels shifted towards noise; the tracking loss counts at σ ≤ 0.4 where there it is at
  t ≤ 400 of a diffusion schedule, whose signal at one t is another;
- points start on a regular grid, not inside a subject's mask (no mask is an input here), and are followed by a
  registered tracker;
- the tracking loss is on, as in the paper; the public training script leaves it off.

Kernels learn in all blocks and act in the first ones at generation, as in the paper and the public script.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from motionbench import registry
from motionbench.backbones.token_grid import TokenGrid
from motionbench.contracts import PointTracker, Progress, silent
from motionbench.errors import InvalidOutputError, Undefined, UsageError
from motionbench.methods.det import kernel_files
from motionbench.methods.det.kernels import TemporalKernels, beside, kept_blocks
from motionbench.methods.det.options import DetOptions
from motionbench.methods.det.tracking import LatentTracks, latent_tracks, tracking_loss
from motionbench.methods.tuner import losses, views
from motionbench.methods.tuner import state as states
from motionbench.methods.tuner.clip_tuner import ClipTuner
from motionbench.methods.tuner.optimising import Schedule, optimise
from motionbench.methods.tuner.seeds import seeded
from motionbench.methods.tuner.state import State
from motionbench.methods.tuner.training import Draws, drawn
from motionbench.specs import Options
from motionbench.types import Case, Tracks, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

KERNELS = "kernels"


class Det:
    """Kernels of one clip. Raises UsageError for an unknown option or tracker, or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("det needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = DetOptions.of(options)
        self._tracker = registry.tracker(self.options.tracker)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Learn the kernels from the reference with its caption and its tracks.

        Goes on from what it finds in ``directory``; an interrupted run gives the same file as an undisturbed one.
        """
        tuner = ClipTuner(self.backbone, seed, directory, progress, self.options.gradient_checkpointing)
        with tuner.session() as done:
            if KERNELS not in done.seconds:
                done = self._learnt(case, tuner, done).write(directory)
            states.checkpoint(directory, KERNELS).unlink(missing_ok=True)
        return tuner.complete(done).report()

    def _learnt(self, case: Case, tuner: ClipTuner, done: State) -> State:
        started = time.monotonic()
        # First, so that a tracker that is not installed stops tuning before anything is encoded.
        followed = self._followed(case.reference)
        latents = views.whole_clip(self.backbone, case.reference)
        embeds = self.backbone.embed(case.reference_prompt)
        tracks = _in_latents(followed, case.reference, latents)
        generator = torch.Generator().manual_seed(seeded(tuner.seed, KERNELS))
        kernels = self._untrained(generator)
        grid = TokenGrid.for_transformer(self.backbone.transformer, latents)
        preparing, options = time.monotonic() - started, self.options
        with beside(self.backbone.transformer, kernels, grid, kept=len(kernels)):
            seconds = optimise(
                KERNELS,
                list(kernels.parameters()),
                lambda generator: self._draw_loss(latents, embeds, tracks, generator),
                Schedule(options.steps, options.learning_rate, options.lr_schedule, options.weight_decay),
                generator=generator,
                checkpoint=states.checkpoint(tuner.directory, KERNELS),
                progress=tuner.progress,
            )
        kernel_files.save(kernels, states.weights(tuner.directory, KERNELS))
        numbers = sum(parameter.numel() for parameter in kernels.parameters())
        return done.finished(KERNELS, preparing + seconds, numbers)

    def _untrained(self, generator: torch.Generator) -> TemporalKernels:
        width = self.backbone.architecture.attention(self.backbone.transformer, 0).to_q.in_features
        kernels = TemporalKernels(self.backbone.depth, width, self.options.bottleneck, self.options.kernel_size)
        return kernels.draw(generator, unit=self.options.initial == "unit").to(self.backbone.device)

    def _followed(self, reference: Video) -> Tracks | None:
        """The reference's points; None where the loss has no weight.

        Raises MissingResourceError where the tracker's files are not there, UsageError where it has no tracks of this
        video.
        """
        if not self.options.tracking_weight:
            return None
        tracker: PointTracker = registry.implementation(self._tracker)()
        try:
            return tracker(reference, grid_points(self.options.track_grid, reference))
        except Undefined as error:
            raise UsageError(f"det.tracker={self.options.tracker}: {error}; try --set det.tracker=lk") from error

    def _draw_loss(
        self, latents: Tensor, embeds: Tensor, tracks: LatentTracks | None, generator: torch.Generator
    ) -> Tensor:
        """Loss of a batch, with that of the tracks at low noise levels."""
        options = self.options
        draws = Draws(options.batch_size, options.tuning_shift, cast(losses.Weighting, options.loss_weighting))
        batch = drawn(self.backbone, latents, embeds, draws, generator)
        loss = batch.weight * losses.flow_matching(batch.predicted, batch.target, generator)
        if tracks is not None:
            estimate, _ = self.backbone.process.estimates(batch.noisy, batch.predicted.float(), batch.sigma)
            counts = batch.sigma <= options.tracking_below
            loss = loss + options.tracking_weight * torch.where(counts, tracking_loss(estimate, tracks), 0.0)
        return loss.mean()

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video with the kernels of the first blocks.

        Raises UsageError without a finished tuning, InvalidOutputError where these kernels are zero.
        """
        transformer = self.backbone.transformer
        kernels = kernel_files.load(states.weights(states.finished(state, "det"), KERNELS)).to(self.backbone.device)
        kept = kept_blocks(self.backbone.depth, self.options.dropped)
        if kernels.changes_nothing(kept):
            raise InvalidOutputError(
                "det: the kernels do not change the backbone's output; tune longer or raise det.learning_rate"
            )
        grid = TokenGrid.of(self.backbone.latent_shape, self.backbone.architecture.patch(transformer))
        with beside(transformer, kernels, grid, kept=kept, scale=self.options.scale):
            return self.backbone.generate(case.prompt, seed=seed, progress=progress)


def _in_latents(tracks: Tracks | None, reference: Video, latents: Tensor) -> LatentTracks | None:
    if tracks is None:
        return None
    frames, height, width = latents.shape[2:]
    return latent_tracks(tracks, reference.size, (frames, height, width)).to(latents.device)


def grid_points(count: int, video: Video) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The centres of ``count × count`` equal cells of a frame, row by row, ``[N, 2]`` pixels."""
    _, height, width = video.size
    xs, ys = ((np.arange(count) + 0.5) * extent / count - 0.5 for extent in (width, height))
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
