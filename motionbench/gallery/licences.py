"""Which clips a gallery may hold: a gallery is made to be passed on, so a clip needs a licence that says so."""

from __future__ import annotations

from collections.abc import Iterable

from motionbench.contracts import Suite
from motionbench.data.datasets import DatasetSuite
from motionbench.data.suites import ManifestSuite, other_reference


def withheld(suite: Suite, references: Iterable[str]) -> dict[str, str]:
    """Clips that must not be passed on, each with its reason; without a manifest no licence is known."""
    if isinstance(suite, DatasetSuite):
        return dict.fromkeys(references, f"the terms of {suite.name}: {suite.entry.licence}")
    if not isinstance(suite, ManifestSuite):
        return dict.fromkeys(references, "no licence is recorded")
    clips = {clip.id: clip for clip in suite.manifest.clips_of(suite.name)}
    return {
        name: f"licence {clips[name].licence}, not of the footage itself"
        if clips[name].tier == "B"
        else f"licence {clips[name].licence}, whether it may be passed on is not recorded"
        for name in references
        if not clips[name].redistributable
    }


def neighbour(suite: Suite, reference: str) -> str | None:
    """The other clip that methods get with a reference: a control shows it as its own video."""
    if isinstance(suite, ManifestSuite):
        return other_reference([clip.id for clip in suite.manifest.clips_of(suite.name)], reference)
    return None


def terms(suite: Suite, reference: str) -> str:
    """What is said beside a clip: its licence and whom it asks to name, or ""."""
    clips = suite.manifest.clips_of(suite.name) if isinstance(suite, ManifestSuite) else []
    found = next((clip for clip in clips if clip.id == reference), None)
    return ", ".join(part for part in (found.licence, found.attribution) if part) if found else ""
