"""A method that runs in its own environment, as the rest of MotionBench sees it: ``contracts.Method``.

The worker starts with the first call and serves all later ones; after it has died or been killed, the next call starts
another. Videos and arrays go through ``.npy`` files in a temporary folder that lasts as long as a call.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionbench.contracts import Progress, silent
from motionbench.errors import Declined, MissingResourceError, UsageError, WorkerError
from motionbench.isolation import environments
from motionbench.isolation.process import RemoteError, WorkerProcess
from motionbench.specs import BackboneSpec, MethodSpec, Options
from motionbench.types import Annotation, Case, TuneReport, Video

PATIENCE = "MOTIONBENCH_WORKER_PATIENCE"
"""Variable: seconds without a message after which a worker counts as hanging."""
_PATIENCE = 1800.0
_TEXTS = ("id", "suite", "category", "reference_id", "prompt", "reference_prompt", "tags")
_VIDEOS = ("reference", "perfect", "other")


class IsolatedMethod:
    """Fulfils ``contracts.Method`` by a worker; raises MissingResourceError where the environment is not built."""

    def __init__(
        self,
        spec: MethodSpec,
        backbone: BackboneSpec | None,
        options: Options,
        patience: float | None = None,
        *,
        device: str = "",
    ) -> None:
        self._spec, self._options = spec, options
        self._backbone = (
            {**dataclasses.asdict(backbone), **({"device": device} if device else {})} if backbone else None
        )
        self._python = environments.python_of(spec)
        self._patience = patience if patience is not None else _patience()
        self._process: WorkerProcess | None = None
        self.peak_memory_bytes = 0
        """Of the worker, by the end of the last call."""

    def tune(self, case: Case, *, seed: int, directory: Path, progress: Progress = silent) -> TuneReport:
        """As ``contracts.Method.tune``."""
        with _files() as name:
            folder = Path(name)
            told = self._call({"do": "tune", "seed": seed, "directory": str(directory)}, case, folder, progress)
        return TuneReport(told["seconds"], told["trainable_parameters"], told["stages"])

    def generate(self, case: Case, state: Path | None, *, seed: int, progress: Progress = silent) -> Video:
        """As ``contracts.Method.generate``; what is no video comes back as it is, for the caller to refuse."""
        with _files() as name:
            folder = Path(name)
            output = folder / "output.npy"
            request = {"do": "generate", "seed": seed, "state": state and str(state), "output": str(output)}
            told = self._call(request, case, folder, progress)
            frames = np.load(output, allow_pickle=False)
        try:
            return Video(frames, told["fps"])
        except ValueError:
            return frames  # type: ignore[no-any-return]  # the run describes it: dtype, shape, NaN

    def close(self) -> None:
        """Kill the worker."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _call(self, request: dict[str, Any], case: Case, folder: Path, progress: Progress) -> dict[str, Any]:
        try:
            told = self._loaded().call({**request, "case": _plain(case, folder)}, progress)
        except RemoteError as error:
            raise self._failed(error) from None
        except Declined:
            raise
        except BaseException:  # Ctrl-C too: a worker in the middle of something is of no further use
            self.close()
            raise
        self.peak_memory_bytes = int(told.pop("peak_memory_bytes", 0))
        return told

    def _failed(self, error: RemoteError) -> WorkerError:
        failure = WorkerError(f"{error} (in the environment of {self._spec.name})")
        failure.add_note(error.traceback.rstrip())
        if self._process is not None and self._process.tail:
            failure.add_note(f"The worker's log ends:\n{self._process.tail}")
        return failure

    def _loaded(self) -> WorkerProcess:
        if self._process is None:
            self._process = process = WorkerProcess(self._spec.name, self._python, self._patience)
            request = {
                "do": "load",
                "implementation": self._spec.implementation,
                "package": _package(self._spec),
                "options": dict(self._options),
                "backbone": self._backbone,
            }
            try:
                process.call(request, silent)
            except (RemoteError, Declined) as error:
                self.close()
                raise MissingResourceError(
                    f"{self._spec.name!r} cannot load {self._spec.implementation} in its environment: {error}\n"
                    f"Build it again: motionbench method install {self._spec.name} --again"
                ) from error
        return self._process


def _files() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="motionbench-")


def _patience() -> float:
    text = os.environ.get(PATIENCE, "")
    try:
        seconds = float(text) if text else _PATIENCE
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"{PATIENCE} is a number of seconds above 0, got {text!r}")
    return seconds


def _package(spec: MethodSpec) -> dict[str, object]:
    """Where the top-level package of an implementation lies; found without importing it."""
    name = spec.implementation.partition(":")[0].partition(".")[0]
    found = importlib.util.find_spec(name)
    if found is None:
        raise MissingResourceError(f"{spec.name!r} has its class in {name}, which is not installed beside MotionBench")
    if found.submodule_search_locations:
        return {"name": name, "path": next(iter(found.submodule_search_locations)), "is_package": True}
    return {"name": name, "path": str(found.origin), "is_package": False}


def _plain(case: Case, folder: Path) -> dict[str, Any]:
    """A case as JSON, its videos and arrays written into a folder."""
    videos = {name: _saved(getattr(case, name), folder / f"{name}.npy") for name in _VIDEOS}
    arrays = _arrays(case.annotation)
    for name, array in arrays.items():
        np.save(folder / f"annotation-{name}.npy", array, allow_pickle=False)
    return {
        "texts": {name: getattr(case, name) for name in _TEXTS},
        "videos": videos,
        "annotation": {name: str(folder / f"annotation-{name}.npy") for name in arrays},
        "estimated": [one.part for one in case.annotation.estimated],
    }


def _saved(video: Video | None, path: Path) -> dict[str, object] | None:
    if video is None:
        return None
    np.save(path, video.frames, allow_pickle=False)
    return {"path": str(path), "fps": video.fps}


def _arrays(annotation: Annotation) -> dict[str, NDArray[Any]]:
    """The parts of an annotation that are there, by name."""
    tracks, points, camera = annotation.tracks, annotation.key_points, annotation.camera
    found = {
        "camera": camera.matrices if camera else None,
        "masks": annotation.masks,
        "tracks": tracks.xy if tracks else None,
        "tracks_visible": tracks.visible if tracks else None,
        "key_points": points.xy if points else None,
        "key_points_visible": points.visible if points else None,
    }
    return {name: np.ascontiguousarray(array) for name, array in found.items() if array is not None}
