"""Motion Inversion (arXiv 2403.20193) on a video DiT: motion is learnt as embeddings, no weight is changed.

The paper's modules are the temporal attentions of a UNet, which attend over frames at one place. Full 3D attention has
none, so the embeddings go into the self-attention of chosen blocks, with the paper's shapes: the query-key embedding
differs between frames, the value embedding between tokens. Other than in the paper and its code:

- blocks are chosen by number (the code takes the coarsest levels of the UNet; a DiT has one level);
- a frame is a latent frame, which may stand for several of the video's;
- the first frame's value embedding is 0 when differenced, where the code keeps it (so does ``value_form=release``);
- generation starts from plain noise, not blended with the reference's inverted latents, under the backbone's guidance;
- the loss is flow matching's, at levels shifted towards noise; the hybrid variant with a spatial LoRA is left out;
- clips of another size than the tuned one are refused, where the code interpolates over time.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from motionbench.backbones.token_grid import TokenGrid
from motionbench.contracts import Progress, silent
from motionbench.errors import InvalidOutputError, UsageError
from motionbench.methods.motion_director.losses import TemporalLoss
from motionbench.methods.motion_inversion import embedding_files
from motionbench.methods.motion_inversion.embeddings import MotionEmbeddings, ValueForm, added
from motionbench.methods.motion_inversion.options import MotionInversionOptions
from motionbench.methods.tuner import losses, views
from motionbench.methods.tuner import state as states
from motionbench.methods.tuner.clip_tuner import ClipTuner
from motionbench.methods.tuner.optimising import Schedule, optimise
from motionbench.methods.tuner.seeds import seeded
from motionbench.methods.tuner.state import State
from motionbench.methods.tuner.training import Draws, drawn
from motionbench.specs import Options
from motionbench.types import Case, TuneReport, Video

if TYPE_CHECKING:
    from motionbench.backbones.backbone import Backbone

EMBEDDINGS = "embeddings"


class MotionInversion:
    """Embeddings of one clip. Raises UsageError for an unknown option, a block or a backbone that is not there."""

    def __init__(self, backbone: Backbone | None, options: Options) -> None:
        if backbone is None:
            raise UsageError("motion-inversion needs a backbone; name one with --backbone")
        self.backbone = backbone
        self.options = MotionInversionOptions.of(options)
        self.layers = self.options.chosen_blocks(backbone.depth)

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """Learn the embeddings from the reference with its caption.

        Goes on from what it finds in ``directory``; an interrupted run gives the same file as an undisturbed one.
        """
        tuner = ClipTuner(self.backbone, seed, directory, progress, self.options.gradient_checkpointing)
        with tuner.session() as done:
            if EMBEDDINGS not in done.seconds:
                done = self._learnt(case, tuner, done).write(directory)
            states.checkpoint(directory, EMBEDDINGS).unlink(missing_ok=True)
        return tuner.complete(done).report()

    def _learnt(self, case: Case, tuner: ClipTuner, done: State) -> State:
        started = time.monotonic()
        latents = views.whole_clip(self.backbone, case.reference)
        embeds = self.backbone.embed(case.reference_prompt)
        embeddings = self._zero(latents)
        preparing = time.monotonic() - started
        options = self.options
        with added(self.backbone.transformer, embeddings):
            seconds = optimise(
                EMBEDDINGS,
                list(embeddings.parameters()),
                lambda generator: self._draw_loss(latents, embeds, generator),
                Schedule(options.steps, options.learning_rate, options.lr_schedule, options.weight_decay),
                generator=torch.Generator().manual_seed(seeded(tuner.seed, EMBEDDINGS)),
                checkpoint=states.checkpoint(tuner.directory, EMBEDDINGS),
                progress=tuner.progress,
            )
        embedding_files.save(embeddings, states.weights(tuner.directory, EMBEDDINGS))
        numbers = sum(parameter.numel() for parameter in embeddings.parameters())
        return done.finished(EMBEDDINGS, preparing + seconds, numbers)

    def _zero(self, latents: Tensor) -> MotionEmbeddings:
        transformer = self.backbone.transformer
        grid = TokenGrid.for_transformer(transformer, latents)
        width = self.backbone.architecture.attention(transformer, 0).to_q.in_features
        return MotionEmbeddings(self.layers, grid, width).to(self.backbone.device)

    def _draw_loss(self, latents: Tensor, embeds: Tensor, generator: torch.Generator) -> Tensor:
        """Loss of a batch."""
        options = self.options
        draws = Draws(options.batch_size, options.tuning_shift, cast(losses.Weighting, options.loss_weighting))
        batch = drawn(self.backbone, latents, embeds, draws, generator)
        loss = TemporalLoss() if options.loss == "debiased" else losses.flow_matching
        return (batch.weight * loss(batch.predicted, batch.target, generator)).mean()

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """The prompt's video with the embeddings added, values in the option's form.

        Raises UsageError without a finished tuning, InvalidOutputError where the embeddings are zero.
        """
        folder, form = states.finished(state, "motion-inversion"), cast(ValueForm, self.options.value_form)
        embeddings = embedding_files.load(states.weights(folder, EMBEDDINGS)).to(self.backbone.device)
        if embeddings.changes_nothing(form):
            raise InvalidOutputError(
                "motion-inversion: the embeddings do not change the backbone's output; "
                "tune longer or raise motion-inversion.learning_rate"
            )
        with added(self.backbone.transformer, embeddings, form=form, scale=self.options.scale):
            return self.backbone.generate(case.prompt, seed=seed, progress=progress)
