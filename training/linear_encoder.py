"""The encoder of ``mini-wan``: an ``AutoencoderKLWan`` encoder whose weights are set to principal components.

Sixteen principal components of the world's 8 × 8 × 2 blocks keep 26 dB, more than an hour of gradient descent reached,
and a linear code can be had at once. So the encoder is solved for, and only the decoder is trained.

How a convolutional encoder is made linear: the residual branches are zero; patches of 4 × 4 pixels are projected by
``conv_in``, 2 × 2 of them by the strided convolution, two frames by the temporal one (half their sum for codes of kind
"mean", half their difference for codes of kind "change"; the first frame has no change). Each code c is carried as the
pair (c, −c) beside a large constant: the RMS norm then divides by the constant, and SiLU(c) − SiLU(−c) = c undoes the
activation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from torch import Tensor, nn

from training.clips import Pool

CODES = 16
PATCH = 4
WIDTH = 64
CONSTANT_SLOT = 2 * CODES
PATCH_SLOTS = WIDTH - CONSTANT_SLOT - 1
CONSTANT = 1000.0
ARRAYS = ("patch_mean", "patch", "block", "deviation")


@dataclass(frozen=True)
class Components:
    """Principal components of the world's blocks."""

    patch_mean: np.ndarray
    """``[48]``."""
    patch: np.ndarray
    """``[48, PATCH_SLOTS]``."""
    block: np.ndarray
    """``[2, 2, PATCH_SLOTS, CODES]``: four patches → components of an 8 × 8 block."""
    kinds: tuple[tuple[str, int], ...]
    """For every code: "mean" or "change" and the component."""
    deviation: np.ndarray
    """Standard deviation of every code."""


def patches(frames: np.ndarray) -> np.ndarray:
    """``uint8 [..., H, W, 3]`` → ``[..., H/4, W/4, 48]`` in [−1, 1], in the order of diffusers' ``patchify``."""
    *lead, height, width, _ = frames.shape
    grid = frames.reshape(*lead, height // PATCH, PATCH, width // PATCH, PATCH, 3).astype(np.float32) / 127.5 - 1
    rows, row, columns, column, colour = (len(lead) + i for i in range(5))
    ordered = grid.transpose(*range(len(lead)), rows, columns, colour, column, row)
    return ordered.reshape(*lead, height // PATCH, width // PATCH, 3 * PATCH**2)


def _leading(data: np.ndarray, count: int) -> np.ndarray:
    """Eigenvectors of the largest eigenvalues of ``data [n, d]``'s covariance, ``[d, count]``."""
    return np.ascontiguousarray(np.linalg.eigh(np.cov(data.T))[1][:, ::-1][:, :count])


def fit(frames: np.ndarray) -> Components:
    """Components of clips ``uint8 [clips, T, H, W, 3]`` with an odd number of frames."""
    squares = patches(frames)
    flat = squares.reshape(-1, squares.shape[-1])
    mean = flat.mean(0)
    patch = _leading(flat, PATCH_SLOTS)
    block = _leading(_blocks((squares - mean) @ patch).reshape(-1, 4 * PATCH_SLOTS), CODES)
    places = _blocks((squares - mean) @ patch) @ block
    first, second = places[:, 1::2], places[:, 2::2]
    halves = {"mean": (first + second) / 2, "change": (second - first) / 2}
    spread = {(kind, i): half[..., i].std() for kind, half in halves.items() for i in range(CODES)}
    kinds = tuple(sorted(spread, key=lambda code: -spread[code])[:CODES])
    carried = {index for kind, index in kinds if kind == "mean"}
    if any(index not in carried for kind, index in kinds if kind == "change"):
        raise ValueError("a change is kept of a component whose mean is not")
    deviation = np.array([spread[code] for code in kinds])
    return Components(mean, patch, block.reshape(2, 2, PATCH_SLOTS, CODES), kinds, deviation)


def fit_pool(pool: Pool, path: Path, clips: int = 1200) -> Components:
    """Components of the first clips of a pool, kept in ``path``."""
    if not path.exists():
        found = fit(np.stack([pool.frames(index) for index in range(clips)]))
        np.savez(path, kinds=np.array(json.dumps(found.kinds)), **{name: getattr(found, name) for name in ARRAYS})
    return load_components(path)


def load_components(path: Path) -> Components:
    """What ``fit_pool`` kept."""
    stored = np.load(path)
    kinds = tuple((str(kind), int(index)) for kind, index in json.loads(str(stored["kinds"])))
    return Components(*(stored[name] for name in ARRAYS[:3]), kinds, stored["deviation"])


def _blocks(values: np.ndarray) -> np.ndarray:
    """``[..., 2h, 2w, c]`` → ``[..., h, w, 4c]``, row by row."""
    *lead, height, width, channels = values.shape
    grid = values.reshape(*lead, height // 2, 2, width // 2, 2, channels)
    n = len(lead)
    return grid.transpose(*range(n), n, n + 2, n + 1, n + 3, n + 4).reshape(*lead, height // 2, width // 2, -1)


def encode(frames: np.ndarray, components: Components) -> np.ndarray:
    """Codes ``[clips, CODES, (T + 1)/2, H/8, W/8]``: what the network computes, in one matrix product."""
    block = components.block.reshape(-1, CODES)
    places = _blocks((patches(frames) - components.patch_mean) @ components.patch) @ block
    first, second = places[:, 1::2], places[:, 2::2]
    out = np.zeros((len(frames), CODES, (frames.shape[1] + 1) // 2, *places.shape[2:4]), np.float32)
    for code, (kind, index) in enumerate(components.kinds):
        sign = 1 if kind == "mean" else -1
        out[:, code, 1:] = (second[..., index] + sign * first[..., index]) / 2
        if kind == "mean":
            out[:, code, 0] = places[:, 0, ..., index]
    return out


def latent_scale(components: Components) -> list[float]:
    """What latents are divided by: the root of a code's deviation, so that coarse codes stay larger than fine ones.

    Whitening would make the finest detail as loud as the layout; the mean variance of the latents is 1.
    """
    deviation = components.deviation
    return [float(value) for value in np.sqrt(deviation * deviation.mean())]


@torch.no_grad()
def build(components: Components, *, decoder_width: int = 64, blocks: int = 1) -> AutoencoderKLWan:
    """The autoencoder: encoder set, decoder untrained with zeroed residual branches."""
    model = AutoencoderKLWan(
        base_dim=WIDTH,
        decoder_base_dim=decoder_width,
        z_dim=CODES,
        dim_mult=[1, 1],
        num_res_blocks=blocks,
        attn_scales=[],
        temperal_downsample=[True],
        is_residual=True,
        in_channels=3 * PATCH**2,
        out_channels=3 * PATCH**2,
        patch_size=PATCH,
        scale_factor_temporal=2,
        scale_factor_spatial=8,
        latents_mean=[0.0] * CODES,
        latents_std=latent_scale(components),
    )
    for module in model.modules():
        if type(module).__name__ == "WanResidualBlock":
            _zero(module.conv2)
        if type(module).__name__ == "WanAttentionBlock":
            _zero(module.proj)
    _set_encoder(model, components)
    _zero(model.post_quant_conv)
    model.post_quant_conv.weight[:, :, 0, 0, 0] = torch.diag(torch.from_numpy(1 / components.deviation).float())
    return model


def _zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        parameter.zero_()


def _set_encoder(model: AutoencoderKLWan, components: Components) -> None:
    encoder = model.encoder
    down = encoder.down_blocks[0].downsampler
    for layer in (encoder.conv_in, down.resample[1], down.time_conv, encoder.conv_out, model.quant_conv):
        _zero(layer)
    patch, block = (torch.from_numpy(np.asarray(a, np.float32)) for a in (components.patch, components.block))
    start = CONSTANT_SLOT + 1
    encoder.conv_in.weight[start:, :, 2, 1, 1] = patch.T
    encoder.conv_in.bias[start:] = -(patch.T @ torch.from_numpy(components.patch_mean))
    for layer in (down.resample[1], down.time_conv):
        layer.bias[CONSTANT_SLOT] = CONSTANT
    for code, (kind, index) in enumerate(components.kinds):
        for half, sign in ((0, 1.0), (CODES, -1.0)):
            _set_code(down, block, code + half, sign, kind, components.kinds.index(("mean", index)), index)
        gain = CONSTANT / WIDTH**0.5
        encoder.conv_out.weight[code, code, 2, 1, 1] = gain
        encoder.conv_out.weight[code, code + CODES, 2, 1, 1] = -gain
    encoder.conv_out.bias[CODES:] = -30.0
    model.quant_conv.weight[:, :, 0, 0, 0] = torch.eye(2 * CODES)


def _set_code(down: nn.Module, block: Tensor, slot: int, sign: float, kind: str, carrier: int, index: int) -> None:
    """One of the two slots of a code in the strided and in the temporal convolution."""
    if kind == "mean":
        down.resample[1].weight[slot, CONSTANT_SLOT + 1 :, :2, :2] = sign * block[..., index].permute(2, 0, 1)
        down.time_conv.weight[slot, slot, 1:, 0, 0] = 0.5
    else:
        down.time_conv.weight[slot, carrier, 1, 0, 0] = -0.5 * sign
        down.time_conv.weight[slot, carrier, 2, 0, 0] = 0.5 * sign
