"""Runs a method inside its own environment: one file, standard library only, Python 3.8 and later.

Started as ``python worker.py``; requests come as JSON lines on stdin, answers go as JSON lines to stdout, arrays
travel as ``.npy`` files, nothing is pickled. Whatever the method prints goes to stderr. The process ends with its
stdin, also in the middle of work, so that it never outlives the host.

A method imports this file as ``motionbench_worker``: ``Declined`` to refuse a case, ``Video`` and ``Array`` for types.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import mmap
import os
import queue
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import IO, Any

PROTOCOL = 1
"""Raised whenever the messages change."""
_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000
"""Characters, as numpy has it: a literal of any length could exhaust the parser."""
_KINDS = {**dict.fromkeys("bhilq", "i"), **dict.fromkeys("BHILQ", "u"), **dict.fromkeys("efd", "f"), "?": "b"}
"""Format characters of a buffer → numpy's letters."""


class Declined(Exception):
    """Raised by a method that cannot take a case; the reason is printed in the table."""


class Array:
    """An array in a ``.npy`` file: ``numpy.load(array.path)``, ``array.numpy()`` or, without numpy, ``array.data``."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.dtype, self.shape, self._start = _header(path)

    @property
    def data(self) -> memoryview:
        """The bytes, row by row."""
        with open(self.path, "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[self._start :]

    def numpy(self) -> Any:
        """A numpy array of its own memory, by the numpy of this environment."""
        return importlib.import_module("numpy").load(self.path, allow_pickle=False)


class Video(Array):
    """Frames, sRGB uint8 ``[T, H, W, 3]``, with their rate."""

    def __init__(self, path: str, fps: float) -> None:
        super().__init__(path)
        self.fps = fps

    @property
    def frames(self) -> Any:
        """As ``numpy()``."""
        return self.numpy()


def write_npy(path: str, array: Any) -> None:
    """Write anything that exports a buffer (numpy, ``array``, memoryview) or has ``numpy()`` (torch)."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    elif isinstance(array, Array):
        array = array.numpy()
    try:
        view = memoryview(array)
    except TypeError:
        raise TypeError("expected frames uint8 [T, H, W, 3] as an array, got a " + type(array).__name__) from None
    kind = _KINDS.get(view.format.lstrip("<=@"))
    if kind is None:
        raise TypeError("expected frames uint8 [T, H, W, 3], got an array of format " + repr(view.format))
    description = ("|" if view.itemsize == 1 else "<") + kind + str(view.itemsize)
    header = repr({"descr": description, "fortran_order": False, "shape": tuple(view.shape or ())})
    padding = -(len(_MAGIC) + 4 + len(header) + 1) % 64
    text = (header + " " * padding + "\n").encode("latin-1")
    with open(path, "wb") as file:
        file.write(_MAGIC + b"\x01\x00" + struct.pack("<H", len(text)) + text + view.tobytes())


def _header(path: str) -> tuple[str, tuple[int, ...], int]:
    """dtype, shape and the place where the data begin."""
    with open(path, "rb") as file:
        lead = file.read(8)
        if lead[:6] != _MAGIC:
            raise ValueError(path + " is not a .npy file")
        wide = lead[6] > 1
        (length,) = struct.unpack("<I" if wide else "<H", file.read(4 if wide else 2))
        if length > _LONGEST_HEADER:
            raise ValueError(
                path + " has a header of " + str(length) + " bytes, at most " + str(_LONGEST_HEADER) + " are read"
            )
        fields = ast.literal_eval(file.read(length).decode("latin-1"))
        if not isinstance(fields, dict) or not {"descr", "shape"} <= fields.keys():
            raise ValueError(path + ": what stands before the data is not a header")
        return fields["descr"], tuple(fields["shape"]), file.tell()


class Worker:
    """Takes requests one by one and answers each with exactly one result, refusal or error."""

    def __init__(self, channel: IO[str]) -> None:
        self._channel = channel
        self._writing = threading.Lock()
        self._method: Any = None

    def send(self, **message: Any) -> None:
        """One message, one line."""
        with self._writing:
            self._channel.write(json.dumps(message) + "\n")
            self._channel.flush()

    def answer(self, request: Mapping[str, Any]) -> None:
        """Do what a request asks for."""
        actions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]
        actions = {"load": self._load, "tune": self._tune, "generate": self._generate}
        try:
            result = actions[request["do"]](request)
        except Declined as declined:
            self.send(declined=str(declined))
        except (Exception, SystemExit) as error:
            self.send(error={"type": type(error).__name__, "text": str(error), "traceback": traceback.format_exc()})
        else:
            self.send(result={**result, "peak_memory_bytes": _peak_memory()})

    def _load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        _make_importable(**request["package"])
        module, _, name = request["implementation"].partition(":")
        backbone = request["backbone"]
        kind = getattr(importlib.import_module(module), name)
        self._method = kind(backbone and SimpleNamespace(**backbone), request["options"])
        return {}

    def _tune(self, request: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        report = self._method.tune(
            _case(request["case"]), seed=request["seed"], directory=request["directory"], progress=self._progress
        )
        told = report if isinstance(report, Mapping) else getattr(report, "__dict__", {})
        return {
            "seconds": float(told.get("seconds", time.perf_counter() - started)),
            "trainable_parameters": int(told.get("trainable_parameters", 0)),
            "stages": {str(name): float(seconds) for name, seconds in dict(told.get("stages", {})).items()},
        }

    def _generate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        case = _case(request["case"])
        made = self._method.generate(case, request["state"], seed=request["seed"], progress=self._progress)
        frames, fps = made if isinstance(made, tuple) else (made, getattr(made, "fps", case.reference.fps))
        write_npy(request["output"], frames)
        return {"fps": float(fps)}

    def _progress(self, stage: str, done: int, total: int) -> None:
        self.send(progress=[str(stage), int(done), int(total)])


def _case(data: Mapping[str, Any]) -> SimpleNamespace:
    """A case as the method gets it: texts as they are, videos and arrays opened."""
    videos = {name: video and Video(**video) for name, video in data["videos"].items()}
    arrays = {name: Array(path) for name, path in data["annotation"].items()}
    annotation = SimpleNamespace(**arrays, estimated=tuple(data["estimated"]))
    return SimpleNamespace(**data["texts"], **videos, annotation=annotation)


def _make_importable(name: str, path: str, is_package: bool) -> None:
    """Import one package of the host's by its place: nothing else of the host's becomes visible."""
    file, places = (os.path.join(path, "__init__.py"), [path]) if is_package else (path, None)
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise ImportError(path + " cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if os.path.exists(file):
        spec.loader.exec_module(module)


def _peak_memory() -> int:
    """Peak of the accelerator's memory where torch uses one, else of this process, bytes."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _listen(source: IO[str], requests: queue.Queue[dict[str, Any]]) -> None:
    for line in source:
        requests.put(json.loads(line))
    # The host is gone or wants us gone: work at hand is of no use to anybody.
    os._exit(0)


def main() -> None:
    """Serve until stdin ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    source = os.fdopen(os.dup(0), "r", encoding="utf-8")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.modules["motionbench_worker"] = sys.modules[__name__]
    worker = Worker(channel)
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(source, requests), daemon=True).start()
    worker.send(ready=PROTOCOL, python=sys.version.split()[0])
    while True:
        worker.answer(requests.get())


if __name__ == "__main__":
    main()
