"""References of the embedded world: rendered from their seeds, checked against the manifest's digest."""

from __future__ import annotations

from dataclasses import replace

from motionbench.data.cases import Footage
from motionbench.data.manifest import ClipEntry, ProceduralSource, Prompt
from motionbench.errors import MissingResourceError, UsageError
from motionbench.mini import world
from motionbench.types import Protocol, Video


def recipe(clip: ClipEntry, protocol: Protocol) -> world.Recipe:
    """What the world renders for a clip; raises UsageError where the protocol is not square."""
    if protocol.height != protocol.width:
        raise UsageError(
            f"{clip.id} is procedural, which is square; the protocol {protocol.name} is "
            f"{protocol.width}x{protocol.height}: give it equal height and width"
        )
    if not isinstance(clip.source, ProceduralSource):
        raise UsageError(f"{clip.id} is a file, not a procedural clip; it has no recipe")
    seeds = clip.source.procedural
    return world.Recipe(
        clip.category,
        seeds.motion,
        seeds.motion_seed,
        seeds.look_seed,
        frames=protocol.frames,
        size=protocol.height,
        fps=protocol.fps,
    )


def footage(clip: ClipEntry, protocol: Protocol) -> Footage:
    """Render a reference; raises MissingResourceError where its digest is not the manifest's."""
    wanted = recipe(clip, protocol)
    made = world.digest(wanted)
    if made != clip.source.sha256:
        raise MissingResourceError(
            f"the clip {clip.id} renders to another digest than its manifest says: expected {clip.source.sha256}, "
            f"got {made}\nUse the MotionBench version that the manifest belongs to, or write the manifest anew: "
            "python -m training.make_manifest"
        )
    clip_rendered = world.render(wanted)
    if clip_rendered.caption != clip.reference_prompt:
        raise _other_words(clip.id, "reference_prompt", clip.reference_prompt, clip_rendered.caption)
    return Footage(clip_rendered.video, clip_rendered.annotation)


def perfect(clip: ClipEntry, prompt: Prompt, protocol: Protocol) -> Video:
    """The reference's motion under the prompt's look; raises UsageError where the prompt names another look."""
    if prompt.look_seed is None:
        raise UsageError(f"the prompt {prompt.id} of {clip.id} has no look_seed; add one to the manifest")
    rendered = world.render(replace(recipe(clip, protocol), look_seed=prompt.look_seed))
    if rendered.caption != prompt.text:
        raise _other_words(clip.id, f"prompt {prompt.id}", prompt.text, rendered.caption)
    return rendered.video


def _other_words(clip: str, what: str, said: str, shown: str) -> UsageError:
    return UsageError(f"the {what} of {clip} says {said!r}, but its look_seed renders {shown!r}; correct the manifest")
