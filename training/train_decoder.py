"""Train the decoder of ``mini-wan`` to undo the linear encoder (``training.linear_encoder``).

``python -m training.train_decoder --pool POOL --components FILE --directory RUN`` resumes where it stopped. The
codes get a little noise, so that the decoder forgives what the backbone generates; with ``--regenerated FILE`` two of
three clips have the backbone's own errors (``training.regenerated``).
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from torch import Tensor, nn

from motionbench.mini.world import render
from training.clips import Pool, training_recipe
from training.linear_encoder import Components, build, encode, fit_pool, latent_scale
from training.runs import Average, Run, cosine_rate, set_rate

HELD_OUT = 1_000_000
"""Added to training seeds, gives seeds that neither training nor a suite uses."""
SHIMMER_WEIGHT = 8.0


def held_out(count: int) -> np.ndarray:
    """Whole clips of seeds that no training sees, ``uint8 [count, T, H, W, 3]``."""
    rng = np.random.default_rng(11)
    recipes = [training_recipe(rng) for _ in range(count)]
    moved = [replace(r, motion_seed=r.motion_seed + HELD_OUT, look_seed=r.look_seed + HELD_OUT) for r in recipes]
    return np.stack([render(recipe).video.frames for recipe in moved])


def to_signed(frames: np.ndarray) -> Tensor:
    """``uint8 [B, T, H, W, 3]`` → ``[B, 3, T, H, W]`` in [−1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio of [−1, 1] arrays, dB."""
    return float(10 * math.log10(4 / (first - second).square().mean().item()))


def batch(
    pool: Pool, components: Components, rng: np.random.Generator, size: int, frames: int
) -> tuple[Tensor, Tensor]:
    """Codes and frames of random windows; ``frames`` is odd."""
    picks = []
    for _ in range(size):
        clip = pool.frames(int(rng.integers(len(pool))))
        start = int(rng.integers(clip.shape[0] - frames + 1))
        picks.append(clip[start : start + frames])
    stacked = np.stack(picks)
    codes = encode(stacked, components)
    jitter = rng.uniform(0, 0.15) * components.deviation.reshape(-1, 1, 1, 1) ** 0.5
    codes += (jitter * rng.standard_normal(codes.shape)).astype(np.float32)
    return torch.from_numpy(codes), to_signed(stacked)


def regenerated_batch(
    pool: Pool, latents: np.ndarray, components: Components, rng: np.random.Generator, size: int, frames: int
) -> tuple[Tensor, Tensor]:
    """Codes with the backbone's errors, and frames, of the beginnings of clips; ``frames`` is odd."""
    picks = rng.integers(len(latents), size=size)
    scale = np.array(latent_scale(components), np.float32).reshape(-1, 1, 1, 1)
    codes = np.stack([latents[index, :, : (frames + 1) // 2] for index in picks]).astype(np.float32) * scale
    return torch.from_numpy(codes), to_signed(np.stack([pool.frames(int(index))[:frames] for index in picks]))


@torch.no_grad()
def reconstruction(model: AutoencoderKLWan, decoder: dict[str, Tensor], clips: np.ndarray) -> float:
    """Mean PSNR of whole clips through the whole model under averaged decoder weights."""
    kept = {name: value.clone() for name, value in model.decoder.state_dict().items()}
    model.decoder.load_state_dict(decoder)
    videos = to_signed(clips)
    values = [psnr(model.decode(model.encode(v[None]).latent_dist.mode()).sample, v[None]) for v in videos]
    model.decoder.load_state_dict(kept)
    return float(np.mean(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--components", type=Path, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--regenerated", type=Path, help="latents of the pool's first clips, with errors")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--rate", type=float, default=2e-3)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    pool, run, step = Pool(arguments.pool), Run(arguments.directory), 0
    components = fit_pool(pool, arguments.components)
    model = build(components)
    optimiser = torch.optim.AdamW(model.decoder.parameters(), lr=arguments.rate, betas=(0.9, 0.95), weight_decay=0.0)
    average = Average(model.decoder, 0.995)
    if (state := run.load()) is not None:
        model.decoder.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.weights, average.steps, step = state["average"], state["step"], state["step"]
    clips = held_out(8)
    erring = np.load(arguments.regenerated, mmap_mode="r") if arguments.regenerated else None
    while step < arguments.steps:
        frames, rng = 9 if step > 0.85 * arguments.steps else 5, np.random.default_rng([3, step])
        if erring is not None and step % 3:
            codes, video = regenerated_batch(pool, erring, components, rng, arguments.batch, frames)
        else:
            codes, video = batch(pool, components, rng, arguments.batch, frames)
        set_rate(optimiser, cosine_rate(step, arguments.steps, arguments.rate))
        # In bfloat16 a step takes 0.24 s on one core with five frames, 0.37 s in float32.
        with torch.autocast("cpu", torch.bfloat16):
            decoded = model.decode(codes).sample
        error = decoded.float() - video
        # Without the last term a still background shimmers, and trackers take that for motion.
        shimmer = error.diff(dim=2).square().mean()
        loss = error.square().mean() + 0.05 * error.abs().mean() + SHIMMER_WEIGHT * shimmer
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.decoder.parameters(), 1.0)
        optimiser.step()
        average.update(model.decoder)
        step += 1
        if step % 250 == 0 or step == arguments.steps:
            run.log(step=step, loss=loss.item(), psnr=reconstruction(model, average.weights, clips))
        state = {"model": model.decoder.state_dict(), "optimiser": optimiser.state_dict(), "average": average.weights}
        run.save({**state, "step": step}, force=step == arguments.steps)


if __name__ == "__main__":
    main()
