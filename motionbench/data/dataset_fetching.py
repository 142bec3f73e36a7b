"""Bringing a data set of others into the cache: a zip by its address and digest, or a repository of the hub.

It takes its folder's name when it is whole, never before; a fetch that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from motionbench.data import fetching, places
from motionbench.data.download import Wanted
from motionbench.data.fetching import Report
from motionbench.data.manifest import Archive, DatasetEntry
from motionbench.disk import free_bytes
from motionbench.errors import MissingResourceError, UsageError

RECEIPT = ".motionbench.json"
"""Where in a data set's folder it is noted what was fetched."""
_UNPACKED = 1.1
"""Bytes that the pictures of an archive take, to its own."""


def fetch(name: str, entry: DatasetEntry, mirror: str = "", report: Report = lambda state: None) -> Path:
    """Its folder, fetched where it is not there; raises MissingResourceError with the reason, or UsageError."""
    place = places.dataset(name)
    if not place.is_dir():
        arriving = place.with_name(f"{name}.part")
        arriving.mkdir(parents=True, exist_ok=True)
        if entry.archive is not None:
            source = _from_archive(entry.archive, arriving, mirror, report)
        else:
            source = _from_hub(name, str(entry.hub), arriving, mirror)
        (arriving / RECEIPT).write_text(json.dumps(source, indent=1) + "\n", encoding="utf-8")
        os.replace(arriving, place)
    return place


def _from_archive(archive: Archive, arriving: Path, mirror: str, report: Report) -> dict[str, str]:
    name = PurePosixPath(archive.url).name
    beside = arriving.with_name(name)
    need = archive.bytes * _UNPACKED + (0 if beside.exists() else archive.bytes)
    if free_bytes(arriving) < need:
        raise MissingResourceError(
            f"the disk is too small: {name} and what is in it take {need / 1e9:.1f} GB, {arriving.parent} has room for "
            f"{free_bytes(arriving) / 1e9:.1f} GB; make room, or set {places.CACHE_VARIABLE} to another folder"
        )
    url = fetching.mirrored(name, mirror) if mirror else archive.url
    failures = fetching.fetch([Wanted(name, url, archive.sha256, archive.bytes, beside)], report)
    if failures:
        raise MissingResourceError(failures[0].message)
    _unpack(beside, arriving, archive.folder)
    beside.unlink()
    return {"url": archive.url, "sha256": archive.sha256}


def _unpack(file: Path, into: Path, folder: str) -> None:
    """Write the files under one folder of a zip, each under a checked name."""
    try:
        with ZipFile(file) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename)
                if member.is_dir() or not path.is_relative_to(folder):
                    continue
                if path.is_absolute() or ".." in path.parts:
                    raise MissingResourceError(f"{file} holds {member.filename!r}, which leaves its folder: unused")
                target = into / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, target.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
    except BadZipFile as error:
        raise MissingResourceError(f"{file} is not a whole zip file ({error}); correct the manifest") from error
    except OSError as error:
        raise MissingResourceError(
            f"{into} cannot be written: {error}; make room, or set {places.CACHE_VARIABLE} to another folder"
        ) from error


def _from_hub(name: str, repository: str, arriving: Path, mirror: str) -> dict[str, str]:
    from huggingface_hub import HfApi, snapshot_download

    if mirror and "://" not in mirror:
        raise UsageError(f"{name} is fetched from a hub; --mirror names another one (https://...), got {mirror!r}")
    endpoint = mirror or None
    try:
        commit = HfApi(endpoint=endpoint).dataset_info(repository).sha
        snapshot_download(
            repository, repo_type="dataset", revision=commit, local_dir=arriving, endpoint=endpoint, max_workers=4
        )
    except Exception as error:  # the hub's client raises its own errors and those of two libraries below it
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise MissingResourceError(
            f"{name} could not be fetched from the hub ({repository}): {reason}; the same command goes on where it "
            f"stopped. Or: hf download {repository} --repo-type dataset --local-dir {places.dataset(name)}"
        ) from error
    return {"hub": repository, "revision": str(commit)}
