"""What a run takes from outside: clips, weights, and the terms under which they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from motionbench import registry
from motionbench.data.datasets import DatasetSuite
from motionbench.data.manifest import ClipEntry, FileSource
from motionbench.data.suites import ManifestSuite
from motionbench.encoders import hub_cache
from motionbench.forecast.records import Download, Gap, Licence
from motionbench.request import Request


def downloads(asked: Request) -> Iterator[Download]:
    """Clips and encoders that are not here. Weights of backbones are never fetched by a run: they are gaps."""
    clips = absent_clips(asked)
    if clips:
        size = sum(clip.source.bytes or 0 for clip in clips if isinstance(clip.source, FileSource))
        plural = "s" if len(clips) > 1 else ""
        command = f"motionbench data fetch {asked.suite.name}"
        yield Download(f"{len(clips)} reference video{plural} of {asked.suite.name}", size, command)
    for encoder in dict.fromkeys(column.encoder for column in asked.columns if column.encoder):
        source = hub_cache.published(encoder)
        if source is not None and not hub_cache.is_here(source):
            yield Download(
                f"the encoder {encoder.name} ({source.repository})", source.bytes, "fetched by its first use"
            )
        elif source is None and encoder.pretrained:
            yield Download(f"the encoder {encoder.name}, unless open_clip has it", None, "fetched by its first use")


def gaps(asked: Request) -> Iterator[Gap]:
    """What stops a case: clips that are not here."""
    clips = absent_clips(asked)
    if clips:
        total = len({entry.reference_id for entry in asked.entries})
        what = f"{len(clips)} of {total} reference videos of {asked.suite.name} are not here"
        yield Gap(what, f"motionbench data fetch {asked.suite.name}")


def absent_clips(asked: Request) -> Sequence[ClipEntry]:
    """Clips of the cases asked for whose files are behind addresses and not on this machine."""
    absent = set(asked.suite.absent()) if isinstance(asked.suite, ManifestSuite) else set()
    return [clip for clip in _clips(asked) if clip.id in absent]


def _clips(asked: Request) -> list[ClipEntry]:
    if not isinstance(asked.suite, ManifestSuite):
        return []
    wanted = {entry.reference_id for entry in asked.entries}
    return [clip for clip in asked.suite.manifest.clips_of(asked.suite.name) if clip.id in wanted]


def licences(asked: Request) -> Iterator[Licence]:
    """Of clips, backbone, methods, encoders and tracker, each set of terms once a kind."""
    if isinstance(asked.suite, DatasetSuite):
        count = len({entry.reference_id for entry in asked.entries})
        yield Licence(f"{count} reference videos of {asked.suite.name}", asked.suite.entry.licence)
    for terms in dict.fromkeys((clip.licence, clip.tier or "") for clip in _clips(asked)):
        count = sum((clip.licence, clip.tier or "") == terms for clip in _clips(asked))
        licence, tier = terms
        note = f", tier {tier}" + (": do not pass frames on" if tier == "B" else "") if tier else ""
        yield Licence(f"{count} reference video{'s' * (count > 1)}", licence + note)
    if asked.backbone_digest:
        yield Licence(f"backbone {asked.backbone.name}", asked.backbone.licence)
    for choice in {choice.spec.name: choice for choice in asked.methods if not choice.spec.control}.values():
        yield Licence(f"method {choice.spec.name}", choice.spec.licence)
    for encoder in dict.fromkeys(column.encoder for column in asked.columns if column.encoder):
        yield Licence(f"encoder {encoder.name}", encoder.licence)
    if asked.tracker_version:
        tracker = registry.tracker(asked.protocol.tracker)
        yield Licence(f"tracker {tracker.name}", tracker.licence)
