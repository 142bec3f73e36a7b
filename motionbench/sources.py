"""Where a request gets suites, and the digests of weights, from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from motionbench.backbones import catalog as backbones
from motionbench.contracts import Suite
from motionbench.data.inspection import open_suite
from motionbench.encoders import catalog as encoders
from motionbench.specs import BackboneSpec, EncoderSpec, TrackerSpec
from motionbench.trackers import identity
from motionbench.types import CaseEntry, Protocol


def open_folder(directory: Path, protocol: Protocol) -> Suite:
    """The suite of a folder of the user's own."""
    from motionbench.data.folder import FolderSuite

    return FolderSuite(directory, protocol)


def folder_protocol(backbone: BackboneSpec, tracker: str) -> Protocol:
    """The protocol for a user's own videos: what the backbone makes, followed by ``tracker``, "" for lk."""
    name = tracker or "lk"
    frame = f"{backbone.frames}x{backbone.height}x{backbone.width}@{backbone.fps:g}"
    size = backbone.frames, backbone.fps, backbone.height, backbone.width
    return Protocol(f"folder-{frame}-{name}", *size, tracker=name, grid=16)


def _quick(entries: Sequence[CaseEntry]) -> Sequence[CaseEntry]:
    from motionbench.data.suites import quick_entries

    return quick_entries(entries)


def _tracker_version(spec: TrackerSpec) -> str:
    return identity.version(spec)


@dataclass(frozen=True)
class Sources:
    """The doors to the outside; tests put their own here."""

    suite: Callable[[str], Suite] = open_suite
    folder: Callable[[Path, Protocol], Suite] = open_folder
    quick: Callable[[Sequence[CaseEntry]], Sequence[CaseEntry]] = _quick
    backbone_digest: Callable[[BackboneSpec], str] = backbones.weights_digest
    encoder_digest: Callable[[EncoderSpec], str] = encoders.weights_digest
    tracker_version: Callable[[TrackerSpec], str] = _tracker_version
