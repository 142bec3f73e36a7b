"""A random Wan pipeline of a few thousand parameters, from the real classes, and a clip for it."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import torch

from motionbench.specs import BackboneSpec
from motionbench.types import Annotation, Case, Video

FRAMES, SIZE = 9, 32
HEADS, LAYERS = 4, 3


def transformer(seed=0, layers=LAYERS, heads=HEADS):
    from diffusers import WanTransformer3DModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = WanTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=heads,
            attention_head_dim=16,
            in_channels=4,
            out_channels=4,
            text_dim=16,
            freq_dim=16,
            ffn_dim=64,
            num_layers=layers,
            rope_max_seq_len=64,
        )
        for block in model.blocks:  # random biases, so that a lost bias shows
            for linear in (block.attn1.to_q, block.attn1.to_k, block.attn1.to_v, block.attn1.to_out[0]):
                torch.nn.init.normal_(linear.bias, std=0.5)
    return model.eval().requires_grad_(False)


def forward(model, latents, frames_scale=1.0, sigma=0.9):
    with torch.no_grad():
        batch = len(latents)
        embeds = torch.linspace(-1, 1, 5 * 16).view(1, 5, 16).expand(batch, -1, -1)
        return model(latents, torch.full((batch,), 1000 * sigma), embeds, return_dict=False)[0]


def latents(seed=0, batch=1, frames=3, size=8):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 4, frames, size, size, generator=generator)


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", "a", "red", "blue", "star", "square", "on", "green", "moves"]
    inner = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


@functools.cache
def folder():
    from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanPipeline
    from transformers import UMT5Config, UMT5EncoderModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        vae = AutoencoderKLWan(
            base_dim=4,
            z_dim=4,
            dim_mult=[1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True],
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
            scale_factor_spatial=4,
            scale_factor_temporal=2,
        )
        words = UMT5EncoderModel(
            UMT5Config(vocab_size=16, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, dropout_rate=0.0)
        )
    pipe = WanPipeline(tokenizer(), words, vae, FlowMatchEulerDiscreteScheduler(shift=3.0), transformer())
    path = Path(tempfile.mkdtemp(prefix="tiny-wan-"))
    pipe.save_pretrained(path)
    return path


def backbone(**changes):
    from motionbench.backbones.wan import WanBackbone

    return WanBackbone(
        BackboneSpec(
            name="tiny-wan",
            implementation="motionbench.backbones.wan:WanBackbone",
            source=str(folder()),
            licence="Apache-2.0",
            frames=FRAMES,
            fps=8.0,
            height=SIZE,
            width=SIZE,
            steps=2,
            guidance=2.0,
            flow_shift=3.0,
            max_sequence_length=8,
            **changes,
        ),
        device="cpu",
    )


def video(seed=0, frames=FRAMES):
    generator = np.random.default_rng(seed)
    still = generator.integers(0, 255, (SIZE, SIZE + frames * 2, 3), dtype=np.uint8)
    return Video(np.stack([still[:, 2 * t : 2 * t + SIZE] for t in range(frames)]), 8.0)


def case(**changes):
    known = {
        "id": "clip/0",
        "suite": "tiny",
        "category": "camera",
        "reference": video(0),
        "reference_id": "clip",
        "prompt": "a blue square on green",
        "reference_prompt": "a red star on blue",
        "annotation": Annotation(),
    }
    return Case(**(known | changes))
