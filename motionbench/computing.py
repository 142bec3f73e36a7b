"""How a backbone computes where that is not as it is registered, in options and in the names that tables show.

``NAME@WORD+WORD`` names a variant that gives other numbers: a dtype, what weights are rounded to, ``tiled``. Where the
weights wait meanwhile (``MemoryMode``) changes no number and is in no name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from motionbench import registry
from motionbench.errors import UsageError
from motionbench.specs import BackboneSpec, MemoryMode, MethodSpec, Quantisation

DTYPES = ("float32", "bfloat16", "float16")
QUANTISED: tuple[str, ...] = tuple(word for word in get_args(Quantisation) if word)
TILED = "tiled"


@dataclass(frozen=True)
class Computing:
    """What is asked for; "" and False leave it to the backbone's name and its spec."""

    dtype: str = ""
    quantised: Quantisation = ""
    tiled: bool = False
    memory: MemoryMode = "full"


def resolve(name: str, asked: Computing) -> tuple[BackboneSpec, str]:
    """The backbone of a name, computing as asked, and the words in which it differs from how it is registered.

    Raises UsageError for an unknown name or dtype, with what is known.
    """
    plain, named = _split(name)
    spec = registry.backbone(plain)
    dtype = asked.dtype or named.dtype or spec.dtype
    if dtype != spec.dtype and dtype not in DTYPES:
        raise UsageError(f"a backbone computes in {', '.join(DTYPES)}, not in {dtype!r}: --dtype {DTYPES[0]}")
    found = dataclasses.replace(
        spec,
        dtype=dtype,
        quantised=asked.quantised or named.quantised,
        tiled=asked.tiled or named.tiled,
        memory=asked.memory,
    )
    words = (dtype if dtype != spec.dtype else "", found.quantised, TILED if found.tiled else "")
    return found, "+".join(word for word in words if word)


def _split(name: str) -> tuple[str, Computing]:
    """A backbone's name and its variant; a part behind the last @ that is no variant belongs to the name."""
    plain, at, suffix = name.rpartition("@")
    words = suffix.split("+")
    if not at or not set(words) <= {*DTYPES, *QUANTISED, TILED} or len(set(words)) != len(words):
        return name, Computing()
    dtypes, rounded = ([word for word in words if word in known] for known in (DTYPES, QUANTISED))
    if len(dtypes) > 1 or len(rounded) > 1:
        raise UsageError(f"{name!r} names two of a kind: {' and '.join(dtypes if len(dtypes) > 1 else rounded)}")
    quantised = cast(Quantisation, "".join(rounded))
    return plain, Computing("".join(dtypes), quantised, TILED in words)


def check(backbone: BackboneSpec, methods: Sequence[MethodSpec]) -> None:
    """Raises UsageError for a method that tunes a backbone whose weights leave the device block by block."""
    tuned = [method.name for method in methods if method.tuned and method.backbones]
    if backbone.memory == "stream" and tuned:
        raise UsageError(
            f"{', '.join(tuned)} cannot tune a backbone in --memory stream: a block's weights are gone when its "
            "gradient comes back\nUse --memory offload, which keeps the transformer on the device while it is at work."
        )
