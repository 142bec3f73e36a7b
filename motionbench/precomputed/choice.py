"""Given videos as a method of a request: what is found, what is missing, and the keys that files decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from motionbench.contracts import Progress, Suite, silent
from motionbench.errors import UsageError, VideoError
from motionbench.options import Choice
from motionbench.precomputed.matching import Matches, Slot, match, spell
from motionbench.precomputed.records import Candidate, Given
from motionbench.specs import MethodSpec
from motionbench.store.keys import digest_of, key
from motionbench.types import CaseEntry, Protocol, Video

_LISTED = 20


@dataclass(frozen=True)
class Precomputed(Choice):
    """A method of which only videos are known."""

    given: Given
    matches: Matches
    digests: Mapping[Slot, str]
    """SHA-256 of whatever decides the decoded frames of each video."""

    @property
    def label(self) -> str:
        """``theirs[precomputed]``."""
        return f"{self.spec.name}[precomputed{',resampled' if self.given.resample else ''}]"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that the videos have."""
        return tuple(sorted({seed for _, seed in self.matches.videos})) or (0,)

    def key(self, entry: CaseEntry, seed: int) -> str:
        """Of the generation: another file is another generation; a missing one has a key of its own."""
        slot = entry.id, seed
        # A video that had to be fitted is not one that conforms: the store must not pass it off as checked.
        return key(
            "generate",
            precomputed=self.digests.get(slot),
            resample=self.given.resample,
            missing=None if slot in self.digests else [self.spec.name, entry.suite, *slot],
        )

    def video(self, entry: CaseEntry, seed: int, protocol: Protocol) -> Video:
        """The video of a case; raises VideoError where none was given or the file is no longer the one planned."""
        from motionbench.precomputed import conformity

        slot = entry.id, seed
        if slot not in self.digests:
            raise VideoError("no video was given for this case")
        candidate = self.matches.videos[slot]
        if _digest(candidate, protocol) != self.digests[slot]:
            raise VideoError(f"{candidate.path} has changed since the run was planned; start the run again")
        return conformity.read(candidate, protocol)


def resolve(given: Given, suite: Suite, entries: Sequence[CaseEntry], protocol: Protocol) -> Precomputed:
    """Match videos with the cases of a run and hash them, decoding none.

    Raises MissingResourceError where there is no video at all, UsageError where the table is wrong. Other faults stay
    in the result for ``verify``.
    """
    from motionbench.precomputed import by_name, by_table

    known = [entry.id for entry in suite.entries]
    if given.table is not None:
        candidates = by_table.candidates(given.table, given.directory)
    else:
        candidates = by_name.candidates(given.directory, known)
    matches = match(candidates, suite.name, known, [entry.id for entry in entries])
    digests = {slot: _digest(candidate, protocol) for slot, candidate in matches.videos.items()}
    spec = MethodSpec(
        name=given.name,
        implementation="",
        summary="videos that were made elsewhere",
        version="precomputed",
        paper="",
        licence="",
        inputs=(),
        status="precomputed",
    )
    files = digest_of(sorted([case, seed, digest] for (case, seed), digest in digests.items()))[:12]
    return Precomputed(spec, "", {"videos": files}, {}, given, matches, digests)


def _digest(candidate: Candidate, protocol: Protocol) -> str:
    from motionbench.data import files
    from motionbench.precomputed import conformity

    return files.decoded_digest(files.sha256(candidate.path), protocol, conformity.cut_of(candidate, protocol))


def verify(
    choice: Precomputed,
    entries: Sequence[CaseEntry],
    protocol: Protocol,
    stored: Callable[[str], bool],
    progress: Progress = silent,
) -> None:
    """Raise UsageError with all that is wrong; a video whose generation is ``stored`` has passed before."""
    from motionbench.precomputed import conformity

    faults = list(choice.matches.faults)
    slots = [(entry, seed) for entry in entries for seed in choice.seeds if (entry.id, seed) in choice.digests]
    for done, (entry, seed) in enumerate(slots, start=1):
        if not stored(choice.key(entry, seed)):
            candidate = choice.matches.videos[entry.id, seed]
            faults.append(conformity.fault(candidate, protocol, resample=choice.given.resample))
        progress("check videos", done, len(slots))
    faults = [fault for fault in faults if fault]
    if not choice.digests and not faults:
        faults = [f"none of the {len(choice.matches.outside)} videos is of a case of this run"]
    if faults:
        raise UsageError(_report(choice, protocol, faults))


def _report(choice: Precomputed, protocol: Protocol, faults: Sequence[str]) -> str:
    given = choice.given
    frame = f"{protocol.frames} frames of {protocol.width}x{protocol.height} at {protocol.fps:g} a second"
    lines = [f"the videos of {given.name} in {given.directory} cannot be scored under {protocol.name} ({frame}):"]
    lines += [f"  {fault}" for fault in faults]
    lines += [f"  without a video: {text}" for text in [missing(choice)] if text]
    lines.append("Name files CASE.mp4 or CASE--seed1.mp4, or list them: --map FILE with the columns video,case,seed.")
    if not given.resample:
        lines.append("--resample fits videos of another length, rate or size as reference videos are fitted.")
    return "\n".join(lines)


def missing(choice: Precomputed) -> str:
    """The cases without a video, or ""."""
    slots = choice.matches.missing
    several = len(choice.seeds) > 1
    names = [spell(slot) if several else slot[0] for slot in slots[:_LISTED]]
    more = f" and {len(slots) - _LISTED} more" if len(slots) > _LISTED else ""
    return ("; " if several else ", ").join(names) + more
