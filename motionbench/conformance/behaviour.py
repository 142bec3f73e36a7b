"""Rules on what a method does: it runs, it draws from its seed and nothing else, it looks at what its spec lists."""

from __future__ import annotations

from motionbench import registry
from motionbench.conformance.records import Broken, Inapplicable
from motionbench.conformance.replaced import FIELDS, replaced
from motionbench.conformance.trial import OTHER_SEED, SEED, Trial
from motionbench.errors import Declined, MissingResourceError

_MEBIBYTE = 1 << 20


def loads(trial: Trial) -> str:
    """The class is there and can be built as ``Class(backbone, options)``."""
    spec = trial.spec
    if spec.environment is None:
        try:
            registry.implementation(spec)
        except MissingResourceError as error:
            raise Broken(str(error).splitlines()[0]) from error
    method = trial.method
    wanted = ("tune", "generate") if spec.tuned else ("generate",)
    missing = [name for name in wanted if not callable(getattr(method, name, None))]
    if missing:
        raise Broken(f"{spec.implementation} has no method {' and no method '.join(missing)}")
    return spec.implementation


def runs(trial: Trial) -> str:
    """It tunes where the spec says so, and generates."""
    first = trial.first
    tuned = f"tuned in {first.tune_seconds:.1f} s, " if trial.spec.tuned else ""
    return f"{first.case.id}: {tuned}generated in {first.generate_seconds:.1f} s"


def obeys_protocol(trial: Trial) -> str:
    """What it returns is a video of the protocol."""
    frames, height, width = trial.checked(trial.first.output).size
    return f"{frames} frames of {height}x{width} at {trial.request.protocol.fps:g} a second"


def repeats_itself(trial: Trial) -> str:
    """The same seed gives the same bytes, with another seed drawn in between."""
    trial.other_digest  # noqa: B018 - what one call leaves behind must not reach the next
    first, again = trial.first_digest, trial.digest()
    if again != first:
        raise Broken(
            f"seed {SEED} gives the video {first[:12]} and later {again[:12]}: draw all randomness from seed, "
            "by a generator made anew in each call"
        )
    return f"{first[:12]}, twice"


def follows_the_seed(trial: Trial) -> str:
    """Another seed gives another video, unless the spec says that nothing is random."""
    if trial.spec.control:
        raise Inapplicable("a control bounds the metrics and need not be random")
    differs = trial.other_digest != trial.first_digest
    if trial.spec.random and not differs:
        raise Broken(
            f"seeds {SEED} and {OTHER_SEED} give the same video: draw the noise from seed, "
            "or say random=False in the spec where nothing is random"
        )
    if differs and not trial.spec.random:
        raise Broken(f"the spec says random=False, but seeds {SEED} and {OTHER_SEED} give two videos")
    return f"seeds {SEED} and {OTHER_SEED} give two videos" if differs else "random=False, as the spec says"


def follows_the_prompt(trial: Trial) -> str:
    """Another prompt gives another video."""
    if "prompt" not in trial.spec.inputs:
        raise Inapplicable("the spec does not list prompt among its inputs")
    other = replaced(trial.first.case, ["prompt"])
    if trial.digest(other) == trial.first_digest:
        raise Broken(f"{trial.first.case.prompt!r} and {other.prompt!r} give the same video")
    return "another prompt gives another video"


def sees_its_inputs_only(trial: Trial) -> str:
    """A field that the spec does not list is replaced, and the video stays what it was.

    The store's keys hold what is listed: a method that looked further would be given results of another case.
    """
    hidden = tuple(name for name in FIELDS if name not in trial.spec.inputs)
    if not _moves(trial, hidden):
        return f"{', '.join(hidden)} replaced: the same video"
    guilty = [name for name in hidden if _moves(trial, (name,))]
    raise Broken(f"the video changes with {', '.join(guilty or hidden)}, which the spec does not list among its inputs")


def _moves(trial: Trial, fields: tuple[str, ...]) -> bool:
    """Whether replaced fields move the video, or make the method fail."""
    case = replaced(trial.first.case, fields)
    state = trial.first.state
    try:
        if state is not None and {"reference", "reference_prompt"} & set(fields):
            state = trial.tune(trial.build(), case, "replaced-" + "-".join(fields), trial.progress)
        return trial.digest(case, state=state) != trial.first_digest
    except Declined:
        return True


def leaves_the_backbone(trial: Trial) -> str:
    """The backbone, which all methods share, makes the same video before and after."""
    if not trial.spec.backbones:
        raise Inapplicable("it runs on no backbone")
    if trial.spec.environment:
        raise Inapplicable("it runs in a process of its own")
    trial.first_digest  # noqa: B018 - whatever the method does to the backbone is done now
    if trial.backbone_digest() != trial.backbone_before:
        raise Broken(
            "the backbone's own video of a prompt is another one after the method has worked: take adapters, hooks and "
            "processors away again, and change no weights"
        )
    return "its own video of a prompt is the same before and after"


def keeps_to_its_memory(trial: Trial) -> str:
    """The peak of tuning and generating is at most what the spec declares."""
    declared = trial.spec.memory_bytes
    if declared is None:
        raise Inapplicable("the spec declares no memory_bytes")
    peak = trial.first.peak_memory_bytes
    told = f"{peak / _MEBIBYTE:,.0f} MiB at the peak, {declared / _MEBIBYTE:,.0f} MiB declared"
    if peak > declared:
        raise Broken(f"{told}: raise memory_bytes or need less")
    return told
