"""Train ``mini-clip``: an open_clip model of 64-pixel frames and the world's captions, contrastively.

``python -m training.train_clip --pool POOL --directory RUN`` resumes where it stopped; ``--export FOLDER`` then
writes the folder that open_clip loads as ``local-dir:FOLDER``. With ``--restored POOL`` two of three frames have gone
through the autoencoder (``training.restored``), as every generation has.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from open_clip import CLIP
from open_clip.model import CLIPTextCfg, CLIPVisionCfg
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from motionbench.mini.looks import COLOURS, FIGURES, PATTERNS, SHAPES
from training.clips import Pool
from training.runs import Average, Run, cosine_rate, set_rate, use_fast_products
from training.text import LENGTH, build_tokenizer, save_tokenizer

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
VISION = {"image_size": 64, "layers": [1, 1, 1, 1], "width": 24, "head_width": 64}
"""A small residual network: a vision transformer of this size learnt colours but, in 3,400 steps, no shape."""
TEXT = {
    "context_length": LENGTH,
    "vocab_size": 64,
    "width": 128,
    "heads": 4,
    "layers": 2,
    "pool_type": "eos",
    "eos_id": 1,
    "no_causal_mask": False,
    "hf_tokenizer_name": "mini-clip",
}
EMBED = 96
KINDS = (tuple(COLOURS), PATTERNS, FIGURES)
NEAR_MISSES = 2


def build() -> CLIP:
    """The untrained model."""
    return CLIP(EMBED, CLIPVisionCfg(**VISION), CLIPTextCfg(**TEXT))


def to_pixels(frames: np.ndarray) -> Tensor:
    """``uint8 [B, H, W, 3]`` → normalised ``[B, 3, H, W]``."""
    scaled = (torch.from_numpy(frames).float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    return scaled.permute(0, 3, 1, 2).contiguous()


def near_miss(caption: str, rng: np.random.Generator) -> str:
    """The caption with one attribute changed, shapes most often, or with two colours exchanged."""
    words = caption.replace(",", " ,").split()
    places = [(i, kind) for i, word in enumerate(words) for kind in (SHAPES, *KINDS) if word in kind]
    colours = [index for index, kind in places if kind is KINDS[0]]
    if rng.random() < 0.15:
        first, second = colours[0], colours[-1]
        words[first], words[second] = words[second], words[first]
        return _spelt(words)
    shapes = [place for place in places if place[1] is SHAPES]
    pick = shapes if shapes and rng.random() < 0.5 else places
    index, kind = pick[int(rng.integers(len(pick)))]
    others = [word for word in kind if word != words[index]]
    words[index] = others[int(rng.integers(len(others)))]
    return _spelt(words)


def _spelt(words: list[str]) -> str:
    """One caption, with the articles that its words want."""
    for index, word in enumerate(words[:-1]):
        if word in ("a", "an"):
            words[index] = "an" if words[index + 1][0] in "ao" else "a"
    return " ".join(words).replace(" ,", ",")


def batch(pools: tuple[Pool, ...], rng: np.random.Generator, size: int) -> tuple[np.ndarray, list[str]]:
    """Random frames and the captions of their looks, lightly degraded as generations are; from each pool in turn."""
    frames, captions = [], []
    for place in range(size):
        pool = pools[place % len(pools)]
        index = int(rng.integers(len(pool)))
        clip = pool.frames(index)
        frame = clip[int(rng.integers(len(clip)))].astype(np.float32)
        noisy = frame * rng.uniform(0.9, 1.1) + rng.normal(0, rng.uniform(0, 10), frame.shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
        captions.append(pool.captions[index][0])
    return np.stack(frames), captions


def contrast(image: Tensor, text: Tensor, scale: Tensor, captions: list[str]) -> Tensor:
    """Symmetric cross-entropy; the first captions are the images' own, the others are no image's.

    Pairs with the same caption are not each other's negatives.
    """
    count = len(image)
    logits = scale * image @ text.T
    same = torch.tensor([[a == b for b in captions] for a in captions[:count]])
    logits = logits.masked_fill(same & ~torch.eye(count, len(captions), dtype=torch.bool), -1e4)
    target = torch.arange(count)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits[:, :count].T, target)) / 2


def export(weights: dict[str, Tensor], folder: Path) -> None:
    """The open_clip folder."""
    folder.mkdir(parents=True, exist_ok=True)
    model = build()
    model.load_state_dict(weights)
    # Half the size, and open_clip fills its float32 parameters from it.
    halved = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save_file({k: v.contiguous() for k, v in halved.items()}, folder / "open_clip_model.safetensors")
    config = {
        "model_cfg": {"embed_dim": EMBED, "vision_cfg": VISION, "text_cfg": TEXT},
        "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "squash"},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_tokenizer(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--restored", type=Path, help="a pool of clips that went through the autoencoder")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--export", type=Path)
    arguments = parser.parse_args()

    use_fast_products()
    torch.manual_seed(0)
    model, tokenizer = build(), build_tokenizer()
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, betas=(0.9, 0.98), weight_decay=0.05)
    average, run, step = Average(model, 0.995), Run(arguments.directory), 0
    pools: tuple[Pool, ...] = (Pool(arguments.pool),)
    if arguments.restored:
        pools += (Pool(arguments.restored),) * 2
    if (state := run.load()) is not None:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.weights, average.steps, step = state["average"], state["step"], state["step"]
    while step < arguments.steps:
        rng = np.random.default_rng([5, step])
        frames, captions = batch(pools, rng, arguments.batch)
        captions += [near_miss(caption, rng) for caption in captions for _ in range(NEAR_MISSES)]
        tokens = tokenizer(captions, padding="max_length", max_length=LENGTH, return_tensors="pt").input_ids
        set_rate(optimiser, cosine_rate(step, arguments.steps, arguments.rate))
        image = model.encode_image(to_pixels(frames), normalize=True)
        text = model.encode_text(tokens, normalize=True)
        loss = contrast(image, text, model.logit_scale.exp(), captions)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)
        average.update(model)
        step += 1
        if step % 100 == 0:
            run.log(step=step, loss=loss.item(), scale=model.logit_scale.exp().item())
        state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average.weights}
        run.save({**state, "step": step}, force=step == arguments.steps)
    if arguments.export:
        export(average.weights, arguments.export)


if __name__ == "__main__":
    main()
