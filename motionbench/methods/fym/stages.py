"""The three stages of Follow-Your-Motion on one clip, each done once and taken up where it stopped.

The folder gets ``heads.json`` (the table of heads), ``spatial.safetensors`` and ``temporal.safetensors``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from motionbench.backbones import adapters
from motionbench.backbones.adapters import AdapterPlan, HeadGroup
from motionbench.contracts import Progress
from motionbench.methods.fym import losses, sparse
from motionbench.methods.fym.head_table import HeadTable, Kind, Leak, Probe, Rule
from motionbench.methods.fym.heads import classify_heads
from motionbench.methods.fym.norm_leak import norm_leak, suppressed
from motionbench.methods.fym.options import FymOptions
from motionbench.methods.fym.shared_heads import table_of_model
from motionbench.methods.tuner import views
from motionbench.methods.tuner.clip_tuner import ClipTuner
from motionbench.methods.tuner.losses import Weighting
from motionbench.methods.tuner.optimising import Schedule
from motionbench.methods.tuner.seeds import seeded
from motionbench.methods.tuner.state import State
from motionbench.methods.tuner.training import Change, Draws, Stage
from motionbench.types import Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone


@dataclass(frozen=True)
class Tuning:
    """Follow-Your-Motion's tuning on one clip with its caption."""

    backbone: Backbone
    options: FymOptions
    video: Video
    caption: str
    seed: int
    directory: Path
    progress: Progress

    def run(self) -> State:
        """Do the stages that are not done; the adapters lie in the folder afterwards."""
        tuner = ClipTuner(self.backbone, self.seed, self.directory, self.progress, self.options.gradient_checkpointing)
        with tuner.session() as done:
            if self.options.decoupling and "heads" not in done.seconds:
                done = self._heads(done).write(self.directory)
            done = tuner.adapter("spatial", done, self._spatial)
            trained = done.adapters
            done = tuner.adapter("temporal", done, lambda: self._temporal(trained))
            if self.options.decoupling and not done.complete:
                self._leak(done)
        return tuner.complete(done)

    @property
    def _table(self) -> Path:
        return self.directory / "heads.json"

    def _heads(self, done: State) -> State:
        started = time.monotonic()
        table = self._table_of_model() if self.options.table_of_model(self.backbone.spec) else self._table_of_clip()
        table.write(self._table)
        return done.finished("heads", time.monotonic() - started)

    def _table_of_model(self) -> HeadTable:
        return table_of_model(self.backbone, self._probe(), self.progress)

    def _table_of_clip(self) -> HeadTable:
        latents, embeds = self.backbone.encode(self.video), self.backbone.embed(self.caption)
        return classify_heads(self.backbone, latents, embeds, self._probe(), self.progress)

    def _probe(self) -> Probe:
        options = self.options
        return Probe(
            rule=cast(Rule, options.head_rule),
            seed=seeded(self.seed, "heads"),
            sigma=options.probe_sigma,
            draws=options.probe_draws,
            rows=options.probe_rows,
            block_size=options.block_size,
        )

    def _plan(self, kind: Kind) -> AdapterPlan:
        options = self.options
        group: HeadGroup = adapters.everywhere(self.backbone.transformer)
        if options.decoupling:
            group = HeadTable.read(self._table).group(kind)
        projections = cast(adapters.Projections, options.projections)
        return AdapterPlan(kind, group, options.rank, options.alpha, projections, self.backbone.architecture)

    def _spatial(self) -> Stage | None:
        """Every frame, encoded alone as a video of one frame."""
        plan, options = self._plan("spatial"), self.options
        if not options.spatial_steps or not plan.targets:
            return None
        rate = options.spatial_learning_rate or options.learning_rate
        return Stage(
            plan,
            views.single_frames(self.backbone, self.video),
            self.backbone.embed(self.caption),
            Schedule(options.spatial_steps, rate, options.lr_schedule, options.weight_decay_spatial),
            self._draws(),
            losses.StageLoss("none"),
            changes=self._changes(),
        )

    def _temporal(self, frozen: tuple[str, ...]) -> Stage | None:
        """The sparse frames, encoded again as one clip at stretched positions."""
        plan, options = self._plan("temporal"), self.options
        if not options.temporal_steps or not plan.targets:
            return None
        latents, scale = self.sparse_latents()
        return Stage(
            plan,
            latents,
            self.backbone.embed(self.caption),
            Schedule(options.temporal_steps, options.learning_rate, options.lr_schedule, options.weight_decay_temporal),
            self._draws(),
            losses.StageLoss(cast(losses.MotionLoss, options.motion_loss), options.motion_weight),
            frozen=frozen,
            position_scale=scale,
            changes=self._changes(),
        )

    def sparse_latents(self) -> tuple[Tensor, float]:
        """Latents ``[1, C, F_s, h, w]`` of the sparse clip, and the scale of its temporal positions."""
        options, frames = self.options, len(self.video.frames)
        compression = int(self.backbone.pipe.vae_scale_factor_temporal)
        stride = (options.stride or sparse.default_stride(frames, compression)) if options.sparse_sampling else 1
        chosen = sparse.sparse_indices(frames, stride)
        latents = views.sparse_clip(self.backbone, self.video, chosen, stride)
        whole = (frames - 1) // compression + 1
        scale = sparse.rope_scale(
            cast(sparse.RopeScale, options.rope_scale),
            stride=stride,
            frames=(frames, len(chosen)),
            latents=(whole, latents.shape[2]),
        )
        return latents, scale if options.adaptive_rope else 1.0

    def _draws(self) -> Draws:
        options = self.options
        return Draws(options.batch_size, options.tuning_shift, cast(Weighting, options.loss_weighting))

    def _changes(self) -> tuple[Change, ...]:
        return (suppressed,) if self.options.suppress_norm_leak else ()

    def _leak(self, done: State) -> None:
        """Measure each adapter's leak at the probe's noise level and add it to the table of heads."""
        backbone = self.backbone
        latents, embeds = self.sparse_latents()[0], backbone.embed(self.caption)
        generator = torch.Generator().manual_seed(seeded(self.seed, "leak"))
        noise = torch.randn(latents.shape, generator=generator).to(latents)
        sigma = torch.tensor([self.options.probe_sigma], device=latents.device)
        leaks: list[Leak] = []
        for name in done.adapters:
            adapters.activate(backbone.transformer, {name: 1.0})
            leaks += norm_leak(backbone.transformer, lambda: backbone.velocity(noise, sigma, embeds), adapter=name)
        replace(HeadTable.read(self._table), norm_leak=tuple(leaks)).write(self._table)
