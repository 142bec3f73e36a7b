"""Virtual environments of methods: where they lie, whether they are built, building them.

An environment lies under ``$MOTIONBENCH_ENVIRONMENTS`` (``~/.local/share/motionbench/environments`` unless told), in a
folder named after the method and the digest of what the spec asks for. ``environment.json``, written last, says that it
is whole; anything without it is removed and built again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from motionbench.errors import MissingResourceError, UsageError
from motionbench.specs import Environment, MethodSpec

ROOT_VARIABLE = "MOTIONBENCH_ENVIRONMENTS"
_MARKER, _TAIL = "environment.json", 12


def digest(environment: Environment) -> str:
    """SHA-256 of whatever decides which packages an environment gets; raises MissingResourceError for a lost lock."""
    lock = lock_file(environment)
    parts = [list(environment.requirements), environment.python, lock.read_text(encoding="utf-8") if lock else ""]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def lock_file(environment: Environment) -> Path | None:
    """The requirements file of ``lock``, found beside the package's code."""
    if not environment.lock:
        return None
    package, _, name = environment.lock.partition(":")
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    file = Path(places[0]) / name if places else None
    if file is None or not file.is_file():
        raise MissingResourceError(
            f"the lock file {environment.lock} is not there; expected PACKAGE:FILE, reinstall the package that has it"
        )
    return file


def folder_of(spec: MethodSpec) -> Path:
    """Where the environment of a method lies, whether it is built or not; raises UsageError where it needs none."""
    if spec.environment is None:
        raise UsageError(f"{spec.name} needs no environment of its own: it runs beside MotionBench")
    return _root() / f"{spec.name}-{digest(spec.environment)[:12]}"


def is_built(spec: MethodSpec) -> bool:
    """Whether the environment is whole."""
    folder = folder_of(spec)
    return (folder / _MARKER).is_file() and _python(folder).exists()


def python_of(spec: MethodSpec) -> Path:
    """The interpreter of a method's environment; raises MissingResourceError where it is not built."""
    if not is_built(spec):
        raise MissingResourceError(
            f"{spec.name} runs in an environment of its own, which is not built\n"
            f"Build it: motionbench method install {spec.name}"
        )
    return _python(folder_of(spec))


def build(spec: MethodSpec, *, again: bool = False) -> Path:
    """Build the environment where it is not whole; raises MissingResourceError with the end of the installer's log."""
    folder = folder_of(spec)
    with _alone(folder):
        if is_built(spec) and not again:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        environment = spec.environment or Environment(())
        for command in _commands(environment, folder):
            _run(spec, command, log_of(folder))
        record = {"method": spec.name, "requirements": environment.requirements, "python": environment.python}
        (folder / _MARKER).write_text(json.dumps(record, indent=1))
    return folder


def log_of(folder: Path) -> Path:
    """Where the installer's words go."""
    return folder.with_name(f"{folder.name}.log")


def _root() -> Path:
    told = os.environ.get(ROOT_VARIABLE)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return (Path(told) if told else data / "motionbench" / "environments").absolute()


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _commands(environment: Environment, folder: Path) -> Iterator[Sequence[str]]:
    """With uv, which fetches a Python too, where it is installed; else with venv and pip."""
    lock = lock_file(environment)
    wanted = ["-r", str(lock)] if lock else list(environment.requirements)
    if uv := shutil.which("uv"):
        yield [uv, "venv", "--python", environment.python or _running(), str(folder)]
        if wanted:
            yield [uv, "pip", "install", "--python", str(_python(folder)), *wanted]
        return
    without = [] if wanted else ["--without-pip"]
    yield [_interpreter(environment.python), "-m", "venv", *without, str(folder)]
    if wanted:
        yield [str(_python(folder)), "-m", "pip", "install", "--disable-pip-version-check", *wanted]


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _interpreter(version: str) -> str:
    if version in ("", _running()):
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None:
        raise MissingResourceError(
            f"the environment needs Python {version}, and there is no python{version}; "
            "install it, or install uv, which fetches it: pip install uv"
        )
    return found


def _run(spec: MethodSpec, command: Sequence[str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as stream:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])
        raise MissingResourceError(
            f"cannot build the environment of {spec.name}: exit code {done.returncode} of {' '.join(command)}\n{tail}\n"
            f"The whole log: {log}"
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time builds an environment; the log begins anew."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(f"{folder.name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            log_of(folder).write_text("")
            yield
    except OSError as error:
        raise MissingResourceError(
            f"cannot write {folder.parent}: {error.strerror or error}\nChoose another folder: {ROOT_VARIABLE}=DIR"
        ) from error
