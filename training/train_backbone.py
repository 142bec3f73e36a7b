"""Train the transformer and text encoder of ``mini-wan`` on latents of the procedural world by flow matching.

``python -m training.train_backbone --pool POOL --components FILE --directory RUN`` encodes the pool once, then
trains, and resumes where it stopped (``training.export`` writes the diffusers pipeline). A tenth of the prompts is
dropped for classifier-free guidance; half of the captions name the motion. Under ``torchrun --nproc-per-node 2`` every
process takes its share of the batch on one thread, which beats two threads on these small matrices.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from diffusers import WanTransformer3DModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import UMT5Config, UMT5EncoderModel

from motionbench.backbones.flow_matching import interpolate, shifted, velocity_target
from training.clips import Pool
from training.linear_encoder import CODES, Components, encode, fit_pool, latent_scale
from training.optimiser import SharedMuon
from training.runs import Average, Run, cosine_rate, count, use_fast_products
from training.text import LENGTH, ROLES, build_tokenizer, roles

TEXT_WIDTH = 96
ROLE_WEIGHT = 0.2
SAVE_EVERY = 250
"""Steps between checkpoints: counted, not timed, because the processes collect the optimiser's state together."""


class RoleReader(nn.Module):
    """Tells from a word's embedding whose it is: what the text encoder has to know, though it is no part of the model.

    Flow matching alone teaches too slowly which of two colours is the background's.
    """

    def __init__(self, captions: list[str]) -> None:
        super().__init__()
        self.head = nn.Linear(TEXT_WIDTH, ROLES)
        self.optimiser = torch.optim.Adam(self.parameters(), lr=3e-3)
        padded = [roles(caption) for caption in captions]
        self.roles = torch.tensor([row + [-100] * (LENGTH - len(row)) for row in padded])

    def loss(self, embeds: Tensor, which: Tensor) -> Tensor:
        return functional.cross_entropy(self.head(embeds).flatten(0, 1), self.roles[which].flatten(), ignore_index=-100)

    def learn(self) -> None:
        self.optimiser.step()
        self.optimiser.zero_grad()


class TextToLatents(nn.Module):
    """What is trained: the text encoder and the transformer."""

    def __init__(self, heads: int = 6, layers: int = 6, channels: int = 16) -> None:
        super().__init__()
        self.text_encoder = UMT5EncoderModel(
            UMT5Config(
                vocab_size=64,
                d_model=TEXT_WIDTH,
                d_kv=24,
                d_ff=192,
                num_layers=2,
                num_heads=4,
                dropout_rate=0.0,
                pad_token_id=0,
                eos_token_id=1,
            )
        )
        self.transformer = WanTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=heads,
            attention_head_dim=32,
            in_channels=channels,
            out_channels=channels,
            text_dim=TEXT_WIDTH,
            freq_dim=128,
            ffn_dim=heads * 32 * 4,
            num_layers=layers,
            rope_max_seq_len=128,
        )

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Padding is zeroed, as the pipeline does."""
        return self.text_encoder(ids, mask).last_hidden_state * mask[..., None]


def encode_pool(pool: Pool, components: Components, path: Path) -> None:
    """Write normalised latents ``float16 [clips, C, F, h, w]`` of the pool, once."""
    if path.exists():
        return
    scale = np.array(latent_scale(components), np.float32).reshape(-1, 1, 1, 1)
    shape = (len(pool), CODES, 9, 8, 8)
    partial = path.with_suffix(".partial")
    latents = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
    for start in range(0, len(pool), 200):
        frames = np.stack([pool.frames(index) for index in range(start, start + 200)])
        latents[start : start + 200] = encode(frames, components) / scale
    latents.flush()
    partial.rename(path)


def channel_weight(components: Components, power: float) -> Tensor:
    """Weight of each latent channel in the loss, mean 1: its deviation to a power; 0 counts detail like layout."""
    deviation = torch.from_numpy(components.deviation).float() ** power
    return (deviation / deviation.mean()).view(1, -1, 1, 1, 1)


def teach_roles(model: TextToLatents, reader: RoleReader, tokens: dict[str, Tensor], steps: int = 400) -> None:
    """Start the text encoder as one that knows whose every word is: seconds, against hours by flow matching."""
    optimiser = torch.optim.AdamW(model.text_encoder.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        which = torch.randint(len(tokens["ids"]) - 1, (64,), generator=generator)
        reader.loss(model.embed(tokens["ids"][which], tokens["mask"][which]), which).backward()
        optimiser.step()
        optimiser.zero_grad()
        reader.learn()


def draw(latents: np.ndarray, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
    """Clips and indices of their captions; a tenth of the captions is empty."""
    picks = np.sort(rng.integers(len(latents), size=size))
    which = torch.from_numpy(2 * picks + (rng.random(size) < 0.5))
    which = torch.where(torch.from_numpy(rng.random(size) < 0.1), 2 * len(latents), which)
    return torch.from_numpy(latents[picks].astype(np.float32)), which


def average_gradients(model: nn.Module, workers: int) -> None:
    """Mean over the processes."""
    if workers == 1:
        return
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient)).div_(workers)


def beginning(run: Run, start: Path | None) -> dict[str, Any] | None:
    """Where the run stopped; else where another run ended, at step 0; else None."""
    state = run.load()
    if state is None and start is not None:
        state = {**torch.load(start / "state.pt", weights_only=True), "step": 0}
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--components", type=Path, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=24000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--shift", type=float, default=3.0)
    parser.add_argument("--layout", type=float, default=0.5, help="how much more coarse channels weigh; 0: not at all")
    parser.add_argument("--start", type=Path, help="a finished run to go on from, at step 0 of this one")
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--layers", type=int, default=6)
    arguments = parser.parse_args()

    rank, workers = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if workers > 1:
        dist.init_process_group("gloo")
    use_fast_products()
    torch.manual_seed(0)
    pool, run = Pool(arguments.pool), Run(arguments.directory)
    components = fit_pool(pool, arguments.components)
    if rank == 0:
        encode_pool(pool, components, arguments.directory / "latents.npy")
    if workers > 1:
        dist.barrier()
    latents = np.load(arguments.directory / "latents.npy", mmap_mode="r")
    tokenizer = build_tokenizer()
    captions = [text for pair in pool.captions[: len(latents)] for text in pair] + [""]
    encoded = tokenizer(captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
    tokens = {"ids": encoded.input_ids, "mask": encoded.attention_mask}
    reader = RoleReader(captions)
    model = TextToLatents(arguments.heads, arguments.layers)
    print(f"{count(model.transformer.parameters()) / 1e6:.2f} M + {count(model.text_encoder.parameters()) / 1e6:.2f} M")
    optimiser = SharedMuon(model, rank, workers)
    # Fused and in bfloat16, a step of six heads takes 0.17 s on one core; 0.31 s without either.
    fused = torch.compile(model.transformer, dynamic=False)
    step, recent, state = 0, [], beginning(run, arguments.start)
    if state is None:
        teach_roles(model, reader, tokens)
    average = Average(model, 0.999)
    if state is not None:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        reader.load_state_dict(state["reader"])
        average.weights, average.steps, step = state["average"], state["step"], state["step"]
    share, weight = arguments.batch // workers, channel_weight(components, arguments.layout)
    while step < arguments.steps:
        rng = np.random.default_rng([13, step, rank])
        x0, which = draw(latents, rng, share)
        noise = torch.from_numpy(rng.standard_normal(x0.shape, dtype=np.float32))
        u = (torch.arange(share) + float(rng.random())) / share
        sigma = shifted(u, arguments.shift)
        embeds = model.embed(tokens["ids"][which], tokens["mask"][which])
        with torch.autocast("cpu", torch.bfloat16):
            (predicted,) = fused(interpolate(x0, noise, sigma), sigma * 1000, embeds, return_dict=False)
        loss = (weight * (predicted.float() - velocity_target(x0, noise)).square()).mean()
        reading = reader.loss(embeds, which)
        (loss + ROLE_WEIGHT * reading).backward()
        average_gradients(nn.ModuleList([model, reader]), workers)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(cosine_rate(step, arguments.steps, arguments.rate, warm_up=300))
        reader.learn()
        step += 1
        due = step % SAVE_EVERY == 0 or step == arguments.steps
        moments = optimiser.state_dict() if due else None
        recent.append(loss.item())
        if rank > 0:
            continue
        average.update(model)
        if step % 200 == 0 or step == arguments.steps:
            run.log(step=step, loss=float(np.mean(recent)), roles=reading.item())
            recent = []
        if due:
            state = {"model": model.state_dict(), "optimiser": moments, "average": average.weights}
            run.save({**state, "reader": reader.state_dict(), "step": step}, force=True)


if __name__ == "__main__":
    main()
