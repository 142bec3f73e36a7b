"""The zip: written to the same bytes from the same run, and read within bounds, whatever it claims of itself."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from motionbench.errors import UsageError

SUFFIX = ".motionbench"
HEAD, SCORES, RECEIPTS = "submission.json", "scores.parquet", "receipts.jsonl"

_NAME = re.compile(r"submission\.json|scores\.parquet|receipts\.jsonl|videos/[0-9a-f]{64}\.mkv")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold: the time of packing would change the file's digest."""
_END, _END_BYTES = b"PK\x05\x06", 22
_MOST_MEMBERS = 20_000
MOST_BYTES = {HEAD: 64 << 20, SCORES: 256 << 20, RECEIPTS: 256 << 20}
_MOST_OF_A_VIDEO = 256 << 20
_MOST_IN_ALL = 8 << 30
_STEEPEST = 500
"""Times that a member may grow when it is inflated: repetitive JSON reaches about 100."""


def write(path: Path, members: Mapping[str, bytes | Path]) -> None:
    """Write a file whole or not at all; raises UsageError where the system refuses."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w") as file:
            for name in sorted(members):
                content = members[name]
                info = zipfile.ZipInfo(name, _EPOCH)
                info.create_system, info.external_attr = 3, 0o644 << 16
                # Videos and Parquet are compressed already.
                info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(("json", "jsonl")) else zipfile.ZIP_STORED
                file.writestr(info, content.read_bytes() if isinstance(content, Path) else content)
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


class Archive:
    """A submission's members; raises UsageError where the file is none or is beyond the bounds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            _check_directory(path)
            self._file = zipfile.ZipFile(path)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise UsageError(f"{path} is not a submission, but a broken zip: {error}; export it again") from error
        self._members = {info.filename: info for info in self._file.infolist()}
        faults = list(self._faults())
        if faults:
            self._file.close()
            raise UsageError("\n".join(f"{path.name}: {fault}" for fault in faults[:20]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """Of all members, sorted."""
        return sorted(self._members)

    def read(self, name: str) -> bytes:
        """A member's bytes; raises UsageError where it is not there, damaged or longer than it says."""
        if name not in self._members:
            raise UsageError(f"{self.path.name} has no {name}; export it again")
        try:
            with self._file.open(self._members[name]) as member:
                content = member.read(self._members[name].file_size + 1)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise UsageError(f"{self.path.name}: {name} is damaged: {error}; export it again") from error
        if len(content) != self._members[name].file_size:
            raise UsageError(f"{self.path.name}: {name} is not as long as the zip says; export it again")
        return content

    def digest(self) -> str:
        """SHA-256 of the whole file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _faults(self) -> list[str]:
        infos = self._file.infolist()
        faults = [fault for info in infos for fault in _faults_of(info)]
        if len(self._members) < len(infos):
            faults.append(f"{len(infos) - len(self._members)} members have the name of another")
        if sum(info.file_size for info in infos) > _MOST_IN_ALL:
            faults.append(f"members hold more than {_MOST_IN_ALL >> 30} GiB")
        return faults


def _faults_of(info: zipfile.ZipInfo) -> list[str]:
    if not _NAME.fullmatch(info.filename):
        return [f"a member may not be named {info.filename[:80]!r}"]
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return [f"{info.filename} is encrypted or packed in a way that is not read"]
    if info.file_size > MOST_BYTES.get(info.filename, _MOST_OF_A_VIDEO):
        return [f"{info.filename} claims {info.file_size} bytes, too many to be read"]
    if info.file_size > _STEEPEST * max(info.compress_size, 1):
        return [f"{info.filename} grows more than {_STEEPEST} times when it is unpacked"]
    return []


def _check_directory(path: Path) -> None:
    """The number of members, before the zip's directory is read into memory; raises ValueError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - (1 << 16) - _END_BYTES))
        tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + _END_BYTES:
        raise ValueError("it has no directory")
    members, length = struct.unpack_from("<HI", tail, place + 10)
    if members > _MOST_MEMBERS or length > size:
        raise ValueError(f"its directory claims {members} members in {length} bytes")
