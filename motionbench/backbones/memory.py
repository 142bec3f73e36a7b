"""How much of a device a backbone's weights take, by arithmetic; loads no torch.

Activations, gradients and an optimiser's state come on top and depend on method and frame: a run measures them.
"""

from __future__ import annotations

from motionbench.specs import BackboneSpec, MemoryMode

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_AUTOENCODER_IN_FLOAT32 = ("wan",)
_ROUNDED = 1
"""Bytes of a number in int8 or float8; the scales, one a row, are less than a hundredth of that."""


def weight_bytes(spec: BackboneSpec, memory: MemoryMode = "full") -> int | None:
    """The most bytes of weights on the device at a time; None where the spec does not count them.

    Everything; or the largest part; or, block after block, one block beside the autoencoder, or the embedding of words;
    or, spread over two cards, the larger share.
    """
    count = spec.weights
    if count is None:
        return None
    each = _BYTES[spec.dtype]
    transformer = count.transformer * (_ROUNDED if spec.quantised else each)
    autoencoder = count.autoencoder * (4 if spec.architecture in _AUTOENCODER_IN_FLOAT32 else each)
    beside = count.text_encoder * each + autoencoder
    if memory == "full":
        return transformer + beside
    if memory == "spread":
        return max(beside, (transformer + beside) // 2)
    if memory == "offload":
        return max(transformer, count.text_encoder * each, autoencoder)
    return autoencoder + max(transformer // count.blocks, count.vocabulary * each)
