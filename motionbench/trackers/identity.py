"""What stands for a tracker in keys and signatures: its name, its version and the weights that it runs on."""

from __future__ import annotations

from motionbench import registry
from motionbench.specs import TrackerSpec


def version(spec: TrackerSpec) -> str:
    """The spec's version, with twelve digits of its weights where it has some.

    Raises MissingResourceError where the weights are not there.
    """
    if not spec.weights:
        return spec.version
    return f"{spec.version}-{registry.load(spec.name, spec.weights)()[:12]}"


def signature(spec: TrackerSpec) -> str:
    """``NAME@VERSION``: two trackers with one signature give the same tracks."""
    return f"{spec.name}@{version(spec)}"
