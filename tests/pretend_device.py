"""A graphics card that is not there: tensors that say they are on it, compute here, and mix as real ones may.

What a card refuses is refused here as well: an operation on tensors of the card and of the host, a generator of the
host for numbers on the card, an array of a tensor that is on the card. Numbers are the processor's own, so that a run
gives what it gives there. Finds what the first run on a real card would stumble over, without one.

torch's device type ``lazy`` stands for the card: it has a name in every build of torch, its gradients are computed in
the thread that asks for them, and nothing else here uses it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import safetensors.torch
import torch
from torch import Tensor
from torch.optim import optimizer as optimizers
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

CARD, SECOND = torch.device("lazy:0"), torch.device("lazy:1")
HOST = torch.device("cpu")
_COPYING = {"aten::_to_copy", "aten::copy_", "aten::_foreach_copy_"}
"""Operations whose tensors may be in two places."""
_INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_", "aten::_unsafe_index"}
"""Operations whose indices may wait on the host, though their values may not."""
_MATH = 0
"""``SDPBackend.MATH``: the kernel of attention that every device has."""


class OnCard(Tensor):
    """A tensor of the card; ``held`` has its numbers."""

    held: Tensor
    doubles = True

    @staticmethod
    def __new__(cls, held: Tensor, card: torch.device) -> OnCard:
        if held.dtype == torch.float64 and not cls.doubles:
            raise TypeError(f"{card} has no float64")
        made: OnCard = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=card,
        )
        made.held = held
        return made

    @property
    def data(self) -> Tensor:  # type: ignore[override]
        return torch.Tensor.data.__get__(self)  # type: ignore[attr-defined,no-any-return]

    @data.setter
    def data(self, value: OnCard) -> None:
        torch.Tensor.data.__set__(self, value)  # type: ignore[attr-defined]
        self.held = value.held

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"OnCard({self.held!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Card(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func._schema.name
    if name == "aten::_fused_sdp_choice":
        return _MATH
    tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
    places = list(dict.fromkeys(value.device for value in tensors if isinstance(value, OnCard)))
    asked = kwargs.get("device")
    goes = _goes(asked, args if name == "aten::copy_" else (), places)
    if places:
        _refuse_mixture(name, tensors, args)
    if goes and isinstance(kwargs.get("generator"), torch.Generator):
        raise RuntimeError(f"{name}: expected a generator of {goes}, but found one of {HOST}")
    plain, named = tree_map_only(OnCard, lambda value: value.held, (args, kwargs))
    found = func(*plain, **(named if asked is None else {**named, "device": HOST}))
    if name == "aten::copy_":
        return args[0]
    if goes is None:
        return found
    wrapped = tree_map_only(Tensor, lambda value: OnCard(value, goes), found)
    return return_and_correct_aliasing(func, args, kwargs, wrapped) if places and asked is None else wrapped


def _goes(asked: Any, copied: Any, places: list[torch.device]) -> torch.device | None:
    """Where the outcome is; None for the host."""
    if asked is not None:
        device = torch.device(asked)
        return torch.device(CARD.type, device.index or 0) if device.type == CARD.type else None
    if copied:
        return copied[0].device if isinstance(copied[0], OnCard) else None
    return places[0] if places else None


def _refuse_mixture(name: str, tensors: list[Tensor], args: Any) -> None:
    if name in _COPYING:
        return
    if name in _INDEXING and isinstance(args[0], OnCard):
        indices = [one for one in tree_leaves(args[1]) if isinstance(one, OnCard)]
        tensors = [value for value in (args[0], *args[2:3], *indices) if isinstance(value, Tensor)]
    # A single number of the host goes anywhere.
    mixed = {str(value.device): list(value.shape) for value in tensors if isinstance(value, OnCard) or value.dim()}
    if len(mixed) > 1:
        raise RuntimeError(f"{name}: expected all tensors on one device, but found {mixed}")


@contextlib.contextmanager
def card(*, doubles: bool = True) -> Iterator[torch.device]:
    """The card, while it lasts; without ``doubles`` it refuses float64, as Apple's do."""
    swapped = torch.__future__.get_swap_module_params_on_conversion()
    lifted = torch._C._only_lift_cpu_tensors()
    fused = optimizers._get_fused_kernels_supported_devices()
    with contextlib.ExitStack() as undo:
        undo.callback(torch.__future__.set_swap_module_params_on_conversion, swapped)
        torch.__future__.set_swap_module_params_on_conversion(True)
        # So that ``torch.tensor(values, device=...)`` makes its numbers on the host and sends them.
        undo.callback(torch._C._set_only_lift_cpu_tensors, lifted)
        torch._C._set_only_lift_cpu_tensors(True)
        known = mock.Mock(return_value=[*fused, CARD.type])
        undo.enter_context(mock.patch.object(optimizers, "_get_fused_kernels_supported_devices", known))
        # Tensors of inference carry no version, and a wrapped one needs it.
        undo.enter_context(mock.patch.object(torch._C, "_InferenceMode", _without_gradients))
        # Gradient checkpointing asks its device's module for the states of its generators.
        undo.enter_context(mock.patch.object(torch, CARD.type, SimpleNamespace(_initialized=False), create=True))
        undo.enter_context(mock.patch.object(torch.utils, "swap_tensors", _swap))
        for name in ("storage_ptr", "storage_size"):
            real = getattr(safetensors.torch, name)
            undo.enter_context(mock.patch.object(safetensors.torch, name, _of_held(real)))
        undo.enter_context(mock.patch.object(OnCard, "doubles", doubles))
        undo.enter_context(_Card())
        yield CARD


def _without_gradients(mode: bool) -> Any:
    return torch.no_grad()


_REAL_SWAP = torch.utils.swap_tensors


def _swap(weight: Tensor, moved: Tensor) -> None:
    """As ``Module.to`` wants it, which by itself cannot while a graph of gradients holds the weight."""
    if isinstance(weight, OnCard) and isinstance(moved, OnCard):
        weight.data = moved.data
    else:
        _REAL_SWAP(weight, moved)


def _of_held(real: Callable[[Tensor], int]) -> Callable[[Tensor], int]:
    return lambda tensor: real(tensor.held if isinstance(tensor, OnCard) else tensor)
