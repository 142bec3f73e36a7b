"""Models, trackers, clips, plug-ins, environments of methods and video codecs: what runs find, or will miss."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from motionbench import registry
from motionbench.doctor import weight_files
from motionbench.doctor.finding import Finding, State, tried
from motionbench.encoders import hub_cache
from motionbench.errors import MissingResourceError
from motionbench.specs import BackboneSpec, EncoderSpec, MethodSpec, TrackerSpec
from motionbench.weights import PACKAGED, model_folder

_MODELS = ("package:mini-wan", "package:mini-clip")
"""What the default command runs on."""
_NEEDED = {("methods", "fym"), ("suites", "mini"), ("backbones", "mini-wan"), ("encoders", "mini-clip")}
_NEEDED |= {("trackers", "lk")}
"""Plug-ins without which it does not run, by kind and name."""
_WELCOME = ("h264", "hevc", "vp9", "av1", "mpeg4")
"""Codecs that users' own videos tend to have."""


def findings() -> Iterator[Finding]:
    """Everything but the machine itself."""
    yield tried("decoding", "fault", _decoding)
    for source in _MODELS:
        yield tried(f"weights {source.removeprefix(PACKAGED)}", "fault", functools.partial(_packaged, source))
    yield from _backbones()
    yield from _encoders()
    yield from _trackers()
    yield from _clips()
    yield from _environments()
    yield from _broken_plug_ins()


def _decoding() -> str:
    """Write and read a video as the store does, with PyAV's own libraries: no ffmpeg program is needed."""
    import av
    import numpy as np

    from motionbench.data.video import read_lossless, write_lossless
    from motionbench.types import Video

    frames = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory(prefix="motionbench-") as folder:
        write_lossless(Path(folder) / "video.mkv", Video(frames, 8.0))
        if not np.array_equal(read_lossless(Path(folder) / "video.mkv").frames, frames):
            raise MissingResourceError("a lossless video comes back changed\npip install --force-reinstall av")
    known = [codec for codec in _WELCOME if codec in av.codecs_available]
    absent = [codec for codec in _WELCOME if codec not in known]
    return f"PyAV {av.__version__}: {', '.join(known)}" + (f"; not {', '.join(absent)}" if absent else "")


def _packaged(source: str) -> str:
    folder = model_folder(source)
    try:
        size = weight_files.check_folder(folder)
    except MissingResourceError as error:
        advice = "pip install --force-reinstall motionbench-transfer (in a checkout: git restore motionbench/mini)"
        raise MissingResourceError(f"{error}\n{advice}") from error
    return f"{size / 1e6:.1f} MB, whole"


def _backbones() -> Iterator[Finding]:
    for entry in registry.entries("backbones"):
        if isinstance(entry.spec, BackboneSpec) and not entry.spec.source.startswith(PACKAGED):
            yield tried(f"backbone {entry.name}", "gap", functools.partial(_backbone, entry.spec))


def _backbone(spec: BackboneSpec) -> str:
    from motionbench.backbones.catalog import weights_digest

    weights_digest(spec)
    return f"{spec.source}, {spec.licence}"


def _encoders() -> Iterator[Finding]:
    """Those that open_clip fetches, as far as it is known where from."""
    for entry in registry.entries("encoders"):
        source = hub_cache.published(entry.spec) if isinstance(entry.spec, EncoderSpec) else None
        if source is not None:
            found, advice = f"{source.repository}, {source.bytes / 1e6:.0f} MB", ""
            if not hub_cache.is_here(source):
                found, advice = f"{found}, not here; its first use fetches it", f"hf download {source.repository}"
            yield Finding(f"encoder {entry.name}", "gap" if advice else "ok", found, advice)


def _trackers() -> Iterator[Finding]:
    for entry in registry.entries("trackers"):
        if isinstance(entry.spec, TrackerSpec):
            check = functools.partial(_tracker, entry.spec)
            yield tried(f"tracker {entry.name}", _weight("trackers", entry.name), check)


def _tracker(spec: TrackerSpec) -> str:
    from motionbench.trackers import identity

    registry.implementation(spec)
    return f"{spec.name}@{identity.version(spec)}, {spec.licence}"


def _clips() -> Iterator[Finding]:
    from motionbench.data.inspection import Fetched, open_suite

    for entry in registry.entries("suites"):
        try:
            suite = open_suite(entry.name)
        except Exception as error:  # a stranger's suite may raise anything
            yield Finding(f"suite {entry.name}", "gap", f"cannot be opened: {error}".splitlines()[0])
            continue
        if isinstance(suite, Fetched):
            yield _fetched(entry.name, suite)


def _fetched(name: str, suite: Any) -> Finding:
    """How many references are here where each has an address of its own, else whether the data set is."""
    if hasattr(suite, "absent"):
        total, absent = len({case.reference_id for case in suite.entries}), len(suite.absent())
        whole, told = not absent, f"{total - absent} of {total} references are here"
    else:
        whole, told = not suite.unfetched, "not fetched" if suite.unfetched else "here"
    return Finding(f"suite {name}", "ok" if whole else "gap", told, "" if whole else f"motionbench data fetch {name}")


def _environments() -> Iterator[Finding]:
    for entry in registry.entries("methods"):
        if isinstance(entry.spec, MethodSpec) and entry.spec.environment is not None:
            yield tried(f"method {entry.name}", "gap", functools.partial(_environment, entry.spec))


def _environment(spec: MethodSpec) -> str:
    from motionbench.isolation import environments

    return f"environment built: {environments.python_of(spec)}"


def _broken_plug_ins() -> Iterator[Finding]:
    for kind in registry.KINDS:
        for entry in registry.entries(kind):
            if entry.broken:
                advice = f"Mend or uninstall it: pip uninstall {entry.distribution}"
                yield Finding(f"{kind[:-1]} {entry.name}", _weight(kind, entry.name), entry.broken, advice)
        known = {entry.name for entry in registry.entries(kind)}
        for name in sorted(name for needed, name in _NEEDED if needed == kind and name not in known):
            reason = "is not registered: the installation is older than the code, or broken"
            yield Finding(f"{kind[:-1]} {name}", "fault", reason, "pip install --force-reinstall motionbench-transfer")


def _weight(kind: str, name: str) -> State:
    """How much it weighs that something of this name cannot be used."""
    return "fault" if (kind, name) in _NEEDED else "gap"
