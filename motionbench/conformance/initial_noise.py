"""The rule on methods that say that they start from noise of the seed alone, with no pixel of the reference in it.

The latents that sampling starts from pass through the transformer. If they come from the seed alone, then a generation
from another reference video passes the very same ones through it; if the reference is inverted or noised into them
(SDEdit, DDIM inversion, low-pass initialisation), nothing that passes is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from motionbench.conformance.records import Broken, Inapplicable
from motionbench.conformance.replaced import replaced
from motionbench.conformance.trial import Trial
from motionbench.types import Case


def starts_from_the_seed(trial: Trial) -> str:
    """Two generations, of which one has another reference, have a transformer's input in common."""
    if trial.spec.noise_from != "seed":
        raise Inapplicable("the spec does not say noise_from='seed'")
    if not trial.spec.backbones or trial.spec.environment:
        raise Inapplicable("no transformer of ours is at work")
    case = trial.first.case
    here, there = _passed(trial, case), _passed(trial, replaced(case, ["reference"]))
    if not here:
        raise Broken("nothing passes through the backbone's transformer")
    if not here & there:
        raise Broken(
            "with another reference and the same seed no input of the transformer is the same: the reference is in the "
            "latents that sampling starts from; say noise_from='reference'"
        )
    return "another reference, the same seed: the same first latents"


def _passed(trial: Trial, case: Case) -> set[str]:
    """Digests of all latents that pass through the transformer in one generation."""
    digests: set[str] = set()
    with _watched(trial.workshop.backbone.transformer, digests):
        trial.digest(case)
    return digests


@contextmanager
def _watched(transformer: Any, digests: set[str]) -> Iterator[None]:
    def note(_: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        latents = named["hidden_states"] if "hidden_states" in named else positional[0]
        # A guided batch holds the same latents more than once, and an unguided one once: row by row.
        digests.update(hashlib.sha256(row.float().cpu().numpy().tobytes()).hexdigest() for row in latents.detach())

    handle = transformer.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
