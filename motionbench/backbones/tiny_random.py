"""Pipelines of the real classes with few, random weights, to test the plumbing of methods without a download.

Compression, latent channels, patches, the kind of positions and the length of texts are the real models', so that
frames and sizes fit or do not fit as there; depth and width are not. Texts are read byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import (
    AutoencoderKLCogVideoX,
    AutoencoderKLHunyuanVideo,
    AutoencoderKLWan,
    CogVideoXDDIMScheduler,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
    WanPipeline,
    WanTransformer3DModel,
)
from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video import DEFAULT_PROMPT_TEMPLATE
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

from motionbench.backbones.catalog import COGVIDEOX_2B, TINY, WAN_2_2_5B
from motionbench.specs import ArchitectureName, BackboneSpec

SEED = 0
_LAYERS, _HEADS, _HEAD_WIDTH, _TEXT_WIDTH, _CHANNELS = 4, 4, 16, 16, 16
_DEEP_CHANNELS = 48
_SPECIAL = ("<pad>", "</s>", "<unk>")


def pipeline(spec: BackboneSpec) -> Any:
    """The pipeline of a ``tiny-random:`` spec, float32: the same weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return _BUILDERS[spec.architecture](spec)


def _wan(spec: BackboneSpec) -> Any:
    deep = spec.source == f"{TINY}{WAN_2_2_5B.name}"
    channels = _DEEP_CHANNELS if deep else _CHANNELS
    transformer = WanTransformer3DModel(
        num_attention_heads=_HEADS,
        attention_head_dim=_HEAD_WIDTH,
        in_channels=channels,
        out_channels=channels,
        text_dim=_TEXT_WIDTH,
        freq_dim=_TEXT_WIDTH,
        ffn_dim=4 * _HEADS * _HEAD_WIDTH,
        num_layers=_LAYERS,
    )
    autoencoder = AutoencoderKLWan(
        base_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, **(_deep_autoencoder() if deep else {})
    )
    words = UMT5EncoderModel(UMT5Config(**_text_encoder()))
    scheduler = FlowMatchEulerDiscreteScheduler(shift=spec.flow_shift)
    return WanPipeline(_tokenizer(), words, autoencoder, scheduler, transformer, expand_timesteps=deep)


def _deep_autoencoder() -> dict[str, Any]:
    """What makes Wan2.2's another one: 48 channels, pixels in patches of 2 × 2, shortcuts around each level."""
    return {
        "z_dim": _DEEP_CHANNELS,
        "is_residual": True,
        "decoder_base_dim": 4,
        "patch_size": 2,
        "in_channels": 12,
        "out_channels": 12,
        "scale_factor_spatial": 16,
        "latents_mean": [0.0] * _DEEP_CHANNELS,
        "latents_std": [1.0] * _DEEP_CHANNELS,
    }


def _cogvideox(spec: BackboneSpec) -> Any:
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=_HEADS,
        attention_head_dim=_HEAD_WIDTH,
        in_channels=_CHANNELS,
        out_channels=_CHANNELS,
        time_embed_dim=_TEXT_WIDTH,
        text_embed_dim=_TEXT_WIDTH,
        num_layers=_LAYERS,
        max_text_seq_length=spec.max_sequence_length,
        use_rotary_positional_embeddings=spec.source != f"{TINY}{COGVIDEOX_2B.name}",
    )
    autoencoder = AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        latent_channels=_CHANNELS,
        layers_per_block=1,
        norm_num_groups=2,
    )
    scheduler = CogVideoXDDIMScheduler(
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        set_alpha_to_one=True,
        snr_shift_scale=1.0,
        timestep_spacing="trailing",
    )
    return CogVideoXPipeline(
        _tokenizer(), T5EncoderModel(T5Config(**_text_encoder())), autoencoder, transformer, scheduler
    )


def _hunyuan(spec: BackboneSpec) -> Any:
    transformer = HunyuanVideoTransformer3DModel(
        num_attention_heads=_HEADS,
        attention_head_dim=_HEAD_WIDTH,
        num_layers=_LAYERS // 2,
        num_single_layers=_LAYERS // 2,
        num_refiner_layers=1,
        text_embed_dim=_TEXT_WIDTH,
        pooled_projection_dim=_TEXT_WIDTH // 2,
        rope_axes_dim=(4, 6, 6),
    )
    autoencoder = AutoencoderKLHunyuanVideo(block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=2)
    reader = LlamaModel(
        LlamaConfig(
            vocab_size=_vocabulary(),
            hidden_size=_TEXT_WIDTH,
            intermediate_size=32,
            num_hidden_layers=3,
            num_attention_heads=2,
        )
    )
    pooler = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=_vocabulary(),
            hidden_size=_TEXT_WIDTH // 2,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            bos_token_id=None,
            eos_token_id=_SPECIAL.index("</s>"),
        )
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=spec.flow_shift)
    return HunyuanVideoPipeline(
        reader, _tokenizer(_template()), transformer, autoencoder, scheduler, pooler, _tokenizer()
    )


def _template() -> tuple[str, str]:
    """What the pipeline says ahead of each prompt, and as many letters as it cuts off again."""
    text, count = DEFAULT_PROMPT_TEMPLATE["template"], DEFAULT_PROMPT_TEMPLATE["crop_start"]
    return text.partition("{}")[0], "-" * count


_BUILDERS: Mapping[ArchitectureName, Callable[[BackboneSpec], Any]] = {
    "wan": _wan,
    "cogvideox": _cogvideox,
    "hunyuan": _hunyuan,
}


def _text_encoder() -> dict[str, Any]:
    return {"vocab_size": _vocabulary(), "d_model": _TEXT_WIDTH, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}


def _vocabulary() -> int:
    return len(_SPECIAL) + len(pre_tokenizers.ByteLevel.alphabet())


def _tokenizer(replaced: tuple[str, str] | None = None) -> Any:
    """One token a byte, so that no prompt is unknown; of ``replaced`` the first text is read as the second."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*_SPECIAL, *letters])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    if replaced:
        inner.normalizer = normalizers.Replace(*replaced)
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
