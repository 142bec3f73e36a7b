"""What each stage does with one item: read what it needs from the store, work, commit the result.

The inputs of an item are there when it is performed. ``Declined`` and ``Undefined`` are committed as answers; any other
exception leaves the store as it was.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from pathlib import Path

import numpy as np

from motionbench import memory
from motionbench.contracts import Evidence, Method, Progress
from motionbench.errors import Declined, InvalidOutputError, Undefined
from motionbench.plan import GenerateItem, Item, ScoreItem, TrackItem, TuneItem
from motionbench.precomputed import Precomputed
from motionbench.store import Meta, Store
from motionbench.types import Protocol, Tracks, Video
from motionbench.workshop import Workshop

VIDEO, TRACKS = "video.mkv", "tracks.npz"
"""Payloads of generations and of tracks."""


def perform(item: Item, workshop: Workshop, store: Store, progress: Progress) -> None:
    """Do one item and commit its object."""
    match item:
        case TuneItem():
            _tune(item, workshop, store, progress)
        case GenerateItem(choice=Precomputed() as choice):
            _admit(item, choice, workshop.request.protocol, store)
        case GenerateItem():
            _generate(item, workshop, store, progress)
        case TrackItem():
            _track(item, workshop, store)
        case ScoreItem():
            _score(item, workshop, store)


def _tune(item: TuneItem, workshop: Workshop, store: Store, progress: Progress) -> None:
    method = workshop.method(item.choice)
    with store.objects.resuming("tune", item.key) as folder:
        if store.objects.done("tune", item.key):
            return
        case = dataclasses.replace(workshop.case_for(item.choice, item.entry), prompt="", other=None, perfect=None)
        memory.reset_peak()
        started = time.perf_counter()
        try:
            seed = workshop.request.tune_seed
            report = method.tune(case, seed=seed, directory=folder, progress=progress)
        except Declined as declined:
            meta = Meta("declined", str(declined), time.perf_counter() - started)
        else:
            meta = Meta(
                seconds=report.seconds,
                peak_memory_bytes=_peak(method),
                trainable_parameters=report.trainable_parameters,
                substages=dict(report.stages),
                shared=workshop.shared,
                spared=workshop.spared,
            )
        store.objects.commit("tune", item.key, folder, meta)


def _generate(item: GenerateItem, workshop: Workshop, store: Store, progress: Progress) -> None:
    method = workshop.method(item.choice)
    case = workshop.case_for(item.choice, item.entry)
    state = store.objects.path("tune", item.tune.key) if item.tune else None
    with store.objects.filling("generate", item.key) as folder:
        memory.reset_peak()
        started = time.perf_counter()
        try:
            output = method.generate(case, state, seed=item.seed, progress=progress)
        except Declined as declined:
            meta = Meta("declined", str(declined), time.perf_counter() - started)
        else:
            meta = Meta(
                seconds=time.perf_counter() - started,
                peak_memory_bytes=_peak(method),
                shared=workshop.shared,
                spared=workshop.spared,
            )
            video = checked(output, item.choice.label, workshop.request.protocol)
            save_video(folder / VIDEO, video)
        store.objects.commit("generate", item.key, folder, meta)


def _peak(method: Method) -> int:
    """Of the process in which the method works."""
    return getattr(method, "peak_memory_bytes", 0) or memory.peak_bytes()


def _admit(item: GenerateItem, choice: Precomputed, protocol: Protocol, store: Store) -> None:
    """Keep a video that was made elsewhere; what making it cost is unknown."""
    video = checked(choice.video(item.entry, item.seed, protocol), choice.label, protocol)
    with store.objects.filling("generate", item.key) as folder:
        save_video(folder / VIDEO, video)
        store.objects.commit("generate", item.key, folder, Meta())


def _track(item: TrackItem, workshop: Workshop, store: Store) -> None:
    from motionbench.trackers.grid import grid_queries

    tracker = workshop.tracker
    generation = item.generation
    video = _video(generation, workshop, store) if generation else workshop.case(item.entry).reference
    with store.objects.filling("track", item.key) as folder:
        started = time.perf_counter()
        tracks = tracker(video, grid_queries(workshop.request.protocol))
        meta = Meta(seconds=time.perf_counter() - started, signature=tracker.signature)
        np.savez_compressed(folder / TRACKS, xy=tracks.xy, visible=tracks.visible)
        store.objects.commit("track", item.key, folder, meta)


def _score(item: ScoreItem, workshop: Workshop, store: Store) -> None:
    metric = workshop.metric(item.column)
    encoder = workshop.encoder(item.column.encoder) if item.column.encoder else None
    evidence = Evidence(
        case=workshop.case(item.generation.entry),
        video=_video(item.generation, workshop, store),
        tracks=_tracks(item.tracks, store),
        reference_tracks=_tracks(item.reference_tracks, store),
    )
    if encoder:
        encoder.reset()
    started = time.perf_counter()
    try:
        meta = Meta(value=_finite(float(metric(evidence)), item.column.name))
    except Undefined as undefined:
        meta = Meta("undefined", str(undefined))
    meta = dataclasses.replace(
        meta,
        seconds=time.perf_counter() - started,
        signature=metric.signature,
        truncated_tokens=encoder.truncated_tokens if encoder else 0,
    )
    with store.objects.filling("score", item.key) as folder:
        store.objects.commit("score", item.key, folder, meta)


def checked(output: object, method: str, protocol: Protocol) -> Video:
    """The output of a method, if it is a video of the protocol; raises InvalidOutputError otherwise."""
    asked = f"expected a motionbench.types.Video of uint8 frames {_shape(protocol)} at {protocol.fps:g} frames a second"
    if not isinstance(output, Video):
        raise InvalidOutputError(f"{method} returned {_describe(output)}; {asked}")
    frames = output.frames
    if frames.dtype != np.uint8 or frames.shape != _shape(protocol):
        raise InvalidOutputError(f"{method} returned a Video of {_describe(frames)}; {asked}")
    if not math.isclose(output.fps, protocol.fps, rel_tol=1e-6):
        raise InvalidOutputError(f"{method} returned a Video at {output.fps:g} frames a second; {asked}")
    return output


def _shape(protocol: Protocol) -> tuple[int, int, int, int]:
    return protocol.frames, protocol.height, protocol.width, 3


def _describe(output: object) -> str:
    if not isinstance(output, np.ndarray):
        return f"a {type(output).__name__}"
    broken = np.issubdtype(output.dtype, np.floating) and not np.isfinite(output).all()
    return f"{output.dtype} frames {output.shape}" + (" with NaN or infinite values" if broken else "")


def _finite(value: float, metric: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{metric} gave {value}; a metric without a value raises Undefined with its reason")
    return value


def _video(item: GenerateItem, workshop: Workshop, store: Store) -> Video:
    path = store.objects.path("generate", item.key) / VIDEO
    return workshop.videos.get(item.key, functools.partial(load_video, path))


def _tracks(item: TrackItem | None, store: Store) -> Tracks | None:
    if item is None:
        return None
    with np.load(store.objects.path("track", item.key) / TRACKS, allow_pickle=False) as arrays:
        return Tracks(arrays["xy"], arrays["visible"])


def save_video(path: Path, video: Video) -> None:
    """Write a video so that ``load_video`` gives back the same pixels."""
    from motionbench.data.video import write_lossless

    write_lossless(path, video)


def load_video(path: Path) -> Video:
    """Read what ``save_video`` wrote."""
    from motionbench.data.video import read_lossless

    return read_lossless(path)
