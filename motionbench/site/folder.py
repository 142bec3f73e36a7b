"""The site's folder: replaced as a whole, and only where an earlier site, or nothing, is in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError

MARK = ".motionbench-site"
"""Lists the site's files, one a line: what may be deleted."""


def check(folder: Path, results: Path) -> None:
    """Raises UsageError where replacing the folder would delete anything but a site."""
    if results.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{results} lies in {folder}; name another folder for the site: --output site")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is not a folder; name one for the site, it is made")
    if not folder.exists() or not any(folder.iterdir()):
        return
    strange = _strange(folder)
    if strange:
        raise UsageError(
            f"{folder} holds something else than a site ({strange}); name a new folder, it is made: --output FOLDER"
        )


def replace(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write all files beside the folder, then put them in its place; what fails leaves the folder as it was."""
    parent = folder.absolute().parent
    new, old = (parent / f".{folder.name}.{os.getpid()}.{word}" for word in ("new", "old"))
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _fill(new, {**files, MARK: "".join(f"{name}\n" for name in sorted(files)).encode()})
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    except OSError as error:
        raise MissingResourceError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)


def _strange(folder: Path) -> str:
    """The first file that no site left there, "" where there is none."""
    mark = folder / MARK
    known = set(mark.read_text(encoding="utf-8", errors="replace").splitlines()) if mark.is_file() else set()
    present = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return next((name for name in present if name not in known and (name != MARK or not known)), "")
