"""Keys: SHA-256 of the canonical JSON of whatever decides an object.

Canonical: keys sorted, no spaces, tuples as lists, frozen records as mappings, no NaN. Two requests with one key ask
for the same bytes; whatever is not in the key cannot change the object.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

Stage = Literal["prepare", "tune", "generate", "track", "score"]
STAGES: tuple[Stage, ...] = get_args(Stage)


def key(stage: Stage, **parts: object) -> str:
    """64 hexadecimal digits; raises TypeError for a part that has no canonical form, ValueError for NaN."""
    return digest_of({"stage": stage, **parts})


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: object) -> str:
    """Canonical JSON of a value made of records, mappings, sequences and scalars."""
    return _ENCODER.encode(value)


def _plain(value: object) -> Any:
    """Of what JSON does not know by itself."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a key is made of records, mappings, sequences and scalars, got {type(value).__name__}: {value!r}")


# One encoder for all: a plan has hundreds of thousands of keys.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
