"""Random CogVideoX pipelines of a few thousand parameters, from the real classes: rotary as the 5B, sines as the 2B."""

import functools
import importlib.util
import tempfile
from pathlib import Path

import torch

from motionbench.specs import BackboneSpec

FRAMES, SIZE = 9, 32
HEADS, LAYERS, TEXT = 2, 3, 8
VARIANTS = ("rotary", "sines")

_spec = importlib.util.spec_from_file_location("tiny_wan_parts", Path(__file__).parent / "tiny_wan.py")
_wan = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_wan)
tokenizer, video, case = _wan.tokenizer, _wan.video, _wan.case


def transformer(variant="rotary", seed=0, **changes):
    from diffusers import CogVideoXTransformer3DModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CogVideoXTransformer3DModel(
            **{
                "num_attention_heads": HEADS,
                "attention_head_dim": 16,
                "in_channels": 4,
                "out_channels": 4,
                "time_embed_dim": 16,
                "text_embed_dim": 16,
                "num_layers": LAYERS,
                "sample_width": 8,
                "sample_height": 8,
                "sample_frames": FRAMES,
                "temporal_compression_ratio": 2,
                "max_text_seq_length": TEXT,
                "use_rotary_positional_embeddings": variant == "rotary",
                **changes,
            }
        )
        for block in model.transformer_blocks:  # random biases, so that a lost bias shows
            for linear in (block.attn1.to_q, block.attn1.to_k, block.attn1.to_v, block.attn1.to_out[0]):
                torch.nn.init.normal_(linear.bias, std=0.5)
        torch.nn.init.normal_(model.patch_embed.text_proj.weight)  # so that the text is felt
    return model.eval().requires_grad_(False)


def forward(model, latents, sigma=0.9):
    """The velocity of latents ``[B, C, F, h, w]``, without a gradient."""
    with torch.no_grad():
        return velocity(model, latents, sigma)


def velocity(model, latents, sigma=0.9):
    """The same with one, by the transformer alone."""
    from diffusers.models.embeddings import get_3d_rotary_pos_embed

    batch, _, frames, height, width = latents.shape
    embeds = torch.linspace(-1, 1, TEXT * 16).view(1, TEXT, 16).expand(batch, -1, -1)
    rows, columns = height // 2, width // 2
    rotary = get_3d_rotary_pos_embed(16, ((0, 0), (rows, columns)), (rows, columns), frames)
    return model(
        latents.transpose(1, 2),
        embeds,
        torch.full((batch,), round(999 * sigma)),
        image_rotary_emb=rotary if model.config.use_rotary_positional_embeddings else None,
        return_dict=False,
    )[0].transpose(1, 2)


def latents(seed=0, batch=1, frames=3, size=8):
    """``[B, C, F, h, w]``."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 4, frames, size, size, generator=generator)


@functools.cache
def folder(variant="rotary", **changes):
    from diffusers import AutoencoderKLCogVideoX, CogVideoXDDIMScheduler, CogVideoXPipeline
    from transformers import T5Config, T5EncoderModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        vae = AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 3,
            up_block_types=("CogVideoXUpBlock3D",) * 3,
            block_out_channels=(4, 4, 4),
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=2,
            temporal_compression_ratio=2,
            scaling_factor=0.7,
        )
        words = T5EncoderModel(
            T5Config(vocab_size=16, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, dropout_rate=0.0)
        )
    scheduler = CogVideoXDDIMScheduler(
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        set_alpha_to_one=True,
        snr_shift_scale=3.0,
        timestep_spacing="trailing",
    )
    pipe = CogVideoXPipeline(tokenizer(), words, vae, transformer(variant, **changes), scheduler)
    path = Path(tempfile.mkdtemp(prefix="tiny-cogvideox-"))
    pipe.save_pretrained(path)
    return path


def spec(variant="rotary", source=None, **changes):
    known = {
        "name": f"tiny-cogvideox-{variant}",
        "implementation": "motionbench.backbones.cogvideox:CogVideoXBackbone",
        "source": str(source or folder(variant)),
        "licence": "Apache-2.0",
        "frames": FRAMES,
        "fps": 8.0,
        "height": SIZE,
        "width": SIZE,
        "steps": 2,
        "guidance": 2.0,
        "flow_shift": 1.0,
        "max_sequence_length": TEXT,
    }
    return BackboneSpec(**(known | changes))


def backbone(variant="rotary", **changes):
    from motionbench.backbones.cogvideox import CogVideoXBackbone

    return CogVideoXBackbone(spec(variant, **changes), device="cpu")
