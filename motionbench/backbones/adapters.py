"""Low-rank adapters that act on some heads of a transformer's self-attention, through peft, without surgery.

An adapter is a standard peft LoRA on each block's ``attn1.{to_q,to_k,to_v}`` (``to_out.0`` optional). Rows of B that
belong to heads outside the group are zero and get no gradient, so they stay zero under weight decay too; for
``to_out.0`` it is the columns of A. Pretrained weights and biases are never touched, a layer without a head of the
group has no adapter, and any number of adapters add up. Files are diffusers' LoRA format with its metadata
(``adapter_files``).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from motionbench.backbones import architecture
from motionbench.backbones.architecture import WAN, Architecture, Transformer

HeadGroup = tuple[tuple[bool, ...], ...]
"""``group[layer][head]``: True where the adapter acts."""
Projections = Literal["qkv", "qkvo"]
_MODULES: Mapping[str, tuple[str, ...]] = {
    "qkv": ("to_q", "to_k", "to_v"),
    "qkvo": ("to_q", "to_k", "to_v", "to_out.0"),
}


@dataclass(frozen=True)
class AdapterPlan:
    """What an adapter is before it is attached."""

    name: str
    heads: HeadGroup
    rank: int
    alpha: float
    projections: Projections = "qkv"
    architecture: Architecture = WAN

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the linear layers that get a LoRA: those of layers with at least one head of the group."""
        layers = [layer for layer, heads in enumerate(self.heads) if any(heads)]
        paths = [self.architecture.attention_path(layer) for layer in layers]
        return tuple(f"{path}.{module}" for path in paths for module in _MODULES[self.projections])


def everywhere(transformer: Transformer) -> HeadGroup:
    """The group of all heads of all layers."""
    return tuple((True,) * heads for heads in architecture.of(transformer).heads(transformer))


def attach(transformer: Transformer, plan: AdapterPlan, generator: torch.Generator) -> list[nn.Parameter]:
    """Add the plan's adapter and return its parameters, in a fixed order.

    A is Kaiming-uniform from ``generator``, B is zero: the output does not change. Both are float32 whatever the model
    is. Raises ValueError for a plan that does not fit the model or has no head at all.
    """
    from peft import LoraConfig

    _check_fit(transformer, plan)
    config = LoraConfig(r=plan.rank, lora_alpha=plan.alpha, target_modules=list(plan.targets), lora_dropout=0.0)
    with quiet_injection():
        transformer.add_adapter(config, adapter_name=plan.name)
    # A step of the optimiser is less than half of bfloat16's spacing for most weights: there it would be lost.
    _cast(transformer, plan.name, torch.float32)
    for target in plan.targets:
        weight = transformer.get_submodule(target).lora_A[plan.name].weight
        # Drawn on the host, as the generator is of it: a seed means the same numbers on every device.
        weight.data.copy_(nn.init.kaiming_uniform_(torch.empty(weight.shape), a=math.sqrt(5), generator=generator))
    _mask(transformer, plan)
    return parameters(transformer, plan.name)


def settle(transformer: Transformer, name: str) -> None:
    """Bring an adapter that is trained to the model's number format, in which files of adapters load."""
    for parameter in parameters(transformer, name):
        parameter.grad = None
    _cast(transformer, name, None)


def _cast(transformer: Transformer, name: str, dtype: torch.dtype | None) -> None:
    """To a number format; None for that of each layer's own weights."""
    for _, layer in layers(transformer):
        for factor in (layer.lora_A, layer.lora_B):
            if name in factor:
                factor[name].weight.data = factor[name].weight.data.to(dtype or layer.get_base_layer().weight.dtype)


@contextmanager
def quiet_injection() -> Iterator[None]:
    """For peft's injection: it draws from the global random state and warns of what is meant.

    That is a second adapter, and one that cannot be merged into rounded weights.
    """
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated without")
        yield


def _check_fit(transformer: Transformer, plan: AdapterPlan) -> None:
    kind = architecture.of(transformer)
    if plan.architecture != kind:
        raise ValueError(f"adapter {plan.name!r} is for {plan.architecture.name}, the model is {kind.name}")
    expected = list(kind.heads(transformer))
    if [len(heads) for heads in plan.heads] != expected:
        raise ValueError(
            f"adapter {plan.name!r}: heads by layer {[len(h) for h in plan.heads]}, the model has {expected}"
        )
    if not plan.targets:
        raise ValueError(f"adapter {plan.name!r}: its group has no head in any layer")


def _mask(transformer: Transformer, plan: AdapterPlan) -> None:
    for target in plan.targets:
        weight, mask = masked_weight(transformer, plan, target)
        with torch.no_grad():
            weight.mul_(mask)
        if not bool(mask.all()):
            weight.register_hook(mask.mul)  # type: ignore[no-untyped-call]


def masked_weight(transformer: Transformer, plan: AdapterPlan, target: str) -> tuple[nn.Parameter, Tensor]:
    """The factor of a target's LoRA that carries the head mask, and the mask (1 inside the group), broadcastable."""
    heads = plan.heads[int(target.split(".")[1])]
    layer = transformer.get_submodule(target)
    if target.endswith("to_out.0"):
        weight: nn.Parameter = layer.lora_A[plan.name].weight
        return weight, _channels(heads, weight.shape[1], weight)[None, :]
    weight = layer.lora_B[plan.name].weight
    return weight, _channels(heads, weight.shape[0], weight)[:, None]


def _channels(heads: tuple[bool, ...], width: int, like: Tensor) -> Tensor:
    return torch.tensor(heads, dtype=like.dtype, device=like.device).repeat_interleave(width // len(heads))


def layers(transformer: Transformer) -> Iterator[tuple[str, Any]]:
    """All of the model's layers that carry a LoRA, with their names."""
    from peft.tuners.lora import LoraLayer

    for name, module in transformer.named_modules():
        if isinstance(module, LoraLayer):
            yield name, module


def parameters(transformer: Transformer, name: str) -> list[nn.Parameter]:
    """A and B of every layer of an adapter, in the model's order."""
    owners = [layer for _, layer in layers(transformer) if name in layer.lora_A]
    return [factor[name].weight for layer in owners for factor in (layer.lora_A, layer.lora_B)]


def count_trainable(transformer: Transformer, plan: AdapterPlan) -> int:
    """Trainable numbers of an attached adapter: those that its masks hold at zero are not among them."""
    held = sum(
        weight.numel() - int(mask.expand_as(weight).sum())
        for weight, mask in (masked_weight(transformer, plan, target) for target in plan.targets)
    )
    return sum(parameter.numel() for parameter in parameters(transformer, plan.name)) - held


def activate(transformer: Transformer, scales: Mapping[str, float], *, trainable: str | None = None) -> None:
    """Make exactly these adapters act, at these scales, with at most one trainable.

    peft makes the adapter that was added last the only active one of every layer, and makes whatever is activated
    trainable; therefore both are set on each layer, and read back. Raises ValueError for a name that no layer has.
    """
    known = {name for _, layer in layers(transformer) for name in layer.lora_A}
    if missing := (set(scales) | ({trainable} if trainable else set())) - known:
        raise ValueError(f"no adapter named {sorted(missing)}; the model has {sorted(known)}")
    for _, layer in layers(transformer):
        layer.set_adapter(list(scales), inference_mode=True)
        layer.set_requires_grad(trainable or (), True)
        for name, scale in scales.items():
            layer.set_scale(name, scale)
    check_active(transformer, scales, trainable=trainable)


def check_active(transformer: Transformer, scales: Mapping[str, float], *, trainable: str | None = None) -> None:
    """Raise RuntimeError unless each layer's own adapters act at these scales and only ``trainable`` learns."""
    for target, layer in layers(transformer):
        if layer.disable_adapters or set(layer.active_adapters) != set(scales):
            raise RuntimeError(f"{target}: adapters {layer.active_adapters} act, expected {sorted(scales)}")
        for name in layer.lora_A:
            learns = {layer.lora_A[name].weight.requires_grad, layer.lora_B[name].weight.requires_grad}
            if learns != {name == trainable}:
                raise RuntimeError(f"{target}: requires_grad of {name!r} is {learns}, expected {name == trainable}")
            expected = scales.get(name, 0.0) * layer.lora_alpha[name] / layer.r[name]
            if name in scales and not math.isclose(layer.scaling[name], expected):
                raise RuntimeError(f"{target}: {name!r} is scaled by {layer.scaling[name]}, expected {expected}")


@contextmanager
def borrowed(transformer: Transformer) -> Iterator[None]:
    """Lend the model out for adapters: on exit they are gone and every flag is as it was."""
    if any(True for _ in layers(transformer)):
        raise RuntimeError("the model already carries adapters; unload them first: transformer.unload_lora()")
    learning = [(parameter, parameter.requires_grad) for parameter in transformer.parameters()]
    transformer.requires_grad_(False)
    try:
        yield
    finally:
        if any(True for _ in layers(transformer)):
            transformer.unload_lora()
        for parameter, flag in learning:
            parameter.requires_grad_(flag)


@contextmanager
def without(transformer: Transformer) -> Iterator[None]:
    """The model without the action of its adapters, inside the context."""
    before = [(layer, layer.disable_adapters) for _, layer in layers(transformer)]
    flags = [(parameter, parameter.requires_grad) for parameter in transformer.parameters()]
    for layer, _ in before:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer, disabled in before:
            layer.enable_adapters(not disabled)
        for parameter, flag in flags:
            parameter.requires_grad_(flag)
