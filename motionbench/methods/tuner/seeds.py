"""Seeds that do not collide."""

from __future__ import annotations

import hashlib


def seeded(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7])
