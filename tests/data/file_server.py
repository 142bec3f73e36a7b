"""A server of small files that behaves as badly as it is told to, on a port of its own."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Handler", bytes], None]
"""Called with the file's bytes; sends what it likes."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.seen.append((name, self.headers.get("Range")))
        self.server.counts[name] += 1
        body = self.server.files.get(name)
        if body is None:
            self.send_error(404)
            return
        self.server.answers.get(name, whole_or_rest)(self, body)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def start(self) -> int:
        asked = self.headers.get("Range")
        return int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0

    @property
    def visits(self) -> int:
        """How often this file was asked for, this time included."""
        return self.server.counts[self.path.lstrip("/")]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, str | None]] = []
        self.counts: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def whole_or_rest(handler: Handler, body: bytes) -> None:
    start = handler.start
    if not start:
        handler.send(body)
    elif start >= len(body):
        handler.send_error(416)
    else:
        handler.send(body[start:], 206, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")


def range_ignored(handler: Handler, body: bytes) -> None:
    handler.send(body)


def breaks_off(handler: Handler, body: bytes) -> None:
    """The first time half of the file, though it promised all."""
    if handler.visits == 1:
        handler.send(body[: len(body) // 2], length=len(body))
    else:
        whole_or_rest(handler, body)


def always_half(handler: Handler, body: bytes) -> None:
    """Half of the file, whole as far as the server knows."""
    whole_or_rest(handler, body[: len(body) // 2])


def fails_once(handler: Handler, body: bytes) -> None:
    if handler.visits == 1:
        handler.send_error(500)
    else:
        whole_or_rest(handler, body)


def always_busy(handler: Handler, body: bytes) -> None:
    handler.send_error(503)


def slowly(handler: Handler, body: bytes) -> None:
    """In pieces, with pauses that are shorter than anybody's patience."""
    handler.send(b"", length=len(body))
    step = len(body) // 5 + 1
    for start in range(0, len(body), step):
        handler.wfile.write(body[start : start + step])
        handler.wfile.flush()
        time.sleep(0.01)


def silent_once(handler: Handler, body: bytes) -> None:
    """The first time a beginning and then nothing, with the line open."""
    if handler.visits == 1:
        handler.send(body[:100], length=len(body))
        time.sleep(0.4)
    else:
        whole_or_rest(handler, body)


def moved(target: str) -> Answer:
    def answer(handler: Handler, body: bytes) -> None:
        handler.send(b"", 302, Location=target)

    return answer
