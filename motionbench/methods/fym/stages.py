"""The three stages of Follow-Your-Motion on one clip, each done once and taken up where it stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from motionbench.backbones import adapter_files, adapters
from motionbench.backbones.adapters import AdapterPlan, HeadGroup
from motionbench.contracts import Progress
from motionbench.methods.fym import losses, sparse, state
from motionbench.methods.fym.head_table import HeadTable, Kind, Leak, Rule
from motionbench.methods.fym.heads import classify_heads
from motionbench.methods.fym.norm_leak import norm_leak
from motionbench.methods.fym.options import FymOptions
from motionbench.methods.fym.tuning import Recipe, Stage, train
from motionbench.types import Video

if TYPE_CHECKING:
    from motionbench.backbones.wan import WanBackbone


def seeded(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7])


@dataclass(frozen=True)
class Tuning:
    """Follow-Your-Motion's tuning on one clip with its caption."""

    backbone: WanBackbone
    options: FymOptions
    video: Video
    caption: str
    seed: int
    directory: Path
    progress: Progress

    def run(self) -> state.State:
        """Do the stages that are not done; the adapters lie in the folder afterwards."""
        self.directory.mkdir(parents=True, exist_ok=True)
        done = state.read(self.directory)
        with adapters.borrowed(self.backbone.transformer), self._checkpointing():
            if self.options.decoupling and "heads" not in done.seconds:
                done = self._heads(done).write(self.directory)
            for kind in ("spatial", "temporal"):
                done = self._stage(kind, done).write(self.directory)
                state.checkpoint(self.directory, kind).unlink(missing_ok=True)
            if self.options.decoupling and not done.complete:
                self._leak(done)
        return dataclasses.replace(done, complete=True).write(self.directory)

    @contextmanager
    def _checkpointing(self) -> Iterator[None]:
        transformer = self.backbone.transformer
        if not self.options.gradient_checkpointing or transformer.gradient_checkpointing:
            yield
            return
        transformer.enable_gradient_checkpointing()
        try:
            yield
        finally:
            transformer.disable_gradient_checkpointing()

    @property
    def _table(self) -> Path:
        return self.directory / "heads.json"

    def _heads(self, done: state.State) -> state.State:
        started, options = time.monotonic(), self.options
        table = classify_heads(
            self.backbone,
            self.backbone.encode(self.video),
            self.backbone.embed(self.caption),
            rule=cast(Rule, options.head_rule),
            seed=seeded(self.seed, "heads"),
            sigma=options.probe_sigma,
            draws=options.probe_draws,
            rows=options.probe_rows,
            block_size=options.block_size,
            progress=self.progress,
        )
        table.write(self._table)
        return done.finished("heads", time.monotonic() - started)

    def _stage(self, kind: Kind, done: state.State) -> state.State:
        """Train the adapter of one kind of heads, or load it where it is trained."""
        path = state.weights(self.directory, kind)
        if kind in done.seconds:
            if kind in done.adapters:
                adapter_files.load(self.backbone.pipe, kind, path)
            return done
        plan = self._plan(kind)
        steps = self.options.spatial_steps if kind == "spatial" else self.options.temporal_steps
        if not steps or not plan.targets:
            return done.finished(kind, 0.0)
        started = time.monotonic()
        stage = self._spatial(plan) if kind == "spatial" else self._temporal(plan, done.adapters)
        encoding = time.monotonic() - started
        seconds = train(
            self.backbone,
            stage,
            generator=torch.Generator().manual_seed(seeded(self.seed, kind)),
            checkpoint=state.checkpoint(self.directory, kind),
            progress=self.progress,
        )
        adapter_files.save(self.backbone.pipe, kind, path)
        count = adapters.count_trainable(self.backbone.transformer, plan)
        return done.finished(kind, encoding + seconds, count)

    def _plan(self, kind: Kind) -> AdapterPlan:
        options = self.options
        group: HeadGroup = adapters.everywhere(self.backbone.transformer)
        if options.decoupling:
            group = HeadTable.read(self._table).group(kind)
        return AdapterPlan(kind, group, options.rank, options.alpha, cast(adapters.Projections, options.projections))

    def _spatial(self, plan: AdapterPlan) -> Stage:
        """Every frame, encoded alone as a video of one frame."""
        frames = [Video(frame[None], self.video.fps) for frame in self.video.frames]
        latents = torch.cat([self.backbone.encode(frame) for frame in frames])
        recipe = dataclasses.replace(
            self._recipe(),
            steps=self.options.spatial_steps,
            learning_rate=self.options.spatial_learning_rate or self.options.learning_rate,
            weight_decay=self.options.weight_decay_spatial,
            motion_loss="none",
            position_scale=1.0,
        )
        return Stage(plan, (), latents, self.backbone.embed(self.caption), recipe)

    def _temporal(self, plan: AdapterPlan, frozen: tuple[str, ...]) -> Stage:
        """The sparse frames, encoded again as one clip at stretched positions."""
        latents, scale = self.sparse_latents()
        recipe = dataclasses.replace(self._recipe(), position_scale=scale)
        return Stage(plan, frozen, latents, self.backbone.embed(self.caption), recipe)

    def sparse_latents(self) -> tuple[Tensor, float]:
        """Latents ``[1, C, F_s, h, w]`` of the sparse clip, and the scale of its temporal positions."""
        options, frames = self.options, len(self.video.frames)
        compression = int(self.backbone.pipe.vae_scale_factor_temporal)
        stride = (options.stride or sparse.default_stride(frames, compression)) if options.sparse_sampling else 1
        chosen = sparse.sparse_indices(frames, stride)
        clip = Video(np.ascontiguousarray(self.video.frames[list(chosen)]), self.video.fps / stride)
        latents = self.backbone.encode(clip)
        whole = (frames - 1) // compression + 1
        scale = sparse.rope_scale(
            cast(sparse.RopeScale, options.rope_scale),
            stride=stride,
            frames=(frames, len(chosen)),
            latents=(whole, latents.shape[2]),
        )
        return latents, scale if options.adaptive_rope else 1.0

    def _recipe(self) -> Recipe:
        options = self.options
        return Recipe(
            steps=options.temporal_steps,
            learning_rate=options.learning_rate,
            lr_schedule=options.lr_schedule,
            weight_decay=options.weight_decay_temporal,
            batch_size=options.batch_size,
            shift=options.tuning_shift,
            weighting=cast(losses.Weighting, options.loss_weighting),
            motion_loss=cast(losses.MotionLoss, options.motion_loss),
            motion_weight=options.motion_weight,
            position_scale=1.0,
            suppress_norm_leak=options.suppress_norm_leak,
        )

    def _leak(self, done: state.State) -> None:
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
        dataclasses.replace(HeadTable.read(self._table), norm_leak=tuple(leaks)).write(self._table)
