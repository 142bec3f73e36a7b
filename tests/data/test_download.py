from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from motionbench.data import download, fetching
from motionbench.data.download import Patience, Wanted
from motionbench.errors import MissingResourceError

sys.path.insert(0, str(Path(__file__).parent))
import file_server

BODY = bytes(range(256)) * 40
HALF = len(BODY) // 2


@pytest.fixture
def server() -> Iterator[file_server.Server]:
    with file_server.running() as started:
        started.files["clip.mp4"] = BODY
        yield started


class Waits:
    """A patience that only notes how long it would have slept."""

    def __init__(self, timeout: float = 5.0) -> None:
        self.slept: list[float] = []
        self.patience = Patience(timeout=timeout, wait=self.slept.append)


@pytest.fixture
def waits() -> Waits:
    return Waits()


def wanted(server: file_server.Server, folder: Path, name: str = "clip.mp4", body: bytes = BODY) -> Wanted:
    digest = hashlib.sha256(body).hexdigest()
    return Wanted(name, f"{server.url}/{name}", digest, len(body), folder / "cache" / name / name)


def left(file: Wanted) -> list[str]:
    return sorted(found.name for found in file.place.parent.iterdir())


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(server, tmp_path, waits):
    file = wanted(server, tmp_path)
    counts: list[int] = []
    download.fetch(file, counts.append, waits.patience)
    assert file.place.read_bytes() == BODY
    assert left(file) == ["clip.mp4"]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] == len(BODY)


def test_a_file_that_is_here_is_not_asked_for_again(server, tmp_path, waits):
    file = wanted(server, tmp_path)
    download.fetch(file, patience=waits.patience)
    download.fetch(file, patience=waits.patience)
    assert server.counts["clip.mp4"] == 1


def test_a_damaged_file_is_replaced(server, tmp_path, waits):
    file = wanted(server, tmp_path)
    file.place.parent.mkdir(parents=True)
    file.place.write_bytes(BODY[:-1] + b"x")
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY


@pytest.mark.parametrize("answer", ["slowly", "fails_once", "breaks_off"])
def test_a_slow_server_and_a_fault_that_passes_only_cost_time(server, tmp_path, waits, answer):
    server.answers["clip.mp4"] = getattr(file_server, answer)
    file = wanted(server, tmp_path)
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY
    assert waits.slept == ([] if answer == "slowly" else [0.5])


def test_a_broken_connection_is_gone_on_with_where_it_broke(server, tmp_path, waits):
    server.answers["clip.mp4"] = file_server.breaks_off
    download.fetch(wanted(server, tmp_path), patience=waits.patience)
    assert server.seen == [("clip.mp4", None), ("clip.mp4", f"bytes={HALF}-")]


def test_what_an_earlier_command_left_is_gone_on_with(server, tmp_path, waits):
    file = wanted(server, tmp_path)
    file.part.parent.mkdir(parents=True)
    file.part.write_bytes(BODY[:1000])
    download.fetch(file, patience=waits.patience)
    assert server.seen == [("clip.mp4", "bytes=1000-")]
    assert file.place.read_bytes() == BODY


def test_a_part_that_is_whole_needs_no_server(tmp_path, server, waits):
    file = wanted(server, tmp_path)
    file.part.parent.mkdir(parents=True)
    file.part.write_bytes(BODY)
    download.fetch(file, patience=waits.patience)
    assert server.seen == []
    assert left(file) == ["clip.mp4"]


def test_a_server_that_ignores_the_range_is_read_from_the_beginning(server, tmp_path, waits):
    server.answers["clip.mp4"] = file_server.range_ignored
    file = wanted(server, tmp_path)
    file.part.parent.mkdir(parents=True)
    file.part.write_bytes(b"x" * 1000)
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY


@pytest.mark.parametrize("junk", [b"x" * 1000, b"x" * (len(BODY) + 1)])
def test_a_part_of_another_file_is_thrown_away(server, tmp_path, waits, junk):
    file = wanted(server, tmp_path)
    file.part.parent.mkdir(parents=True)
    file.part.write_bytes(junk)
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY


def test_a_silent_server_is_left_after_the_timeout(server, tmp_path):
    server.answers["clip.mp4"] = file_server.silent_once
    waits = Waits(timeout=0.1)
    download.fetch(wanted(server, tmp_path), patience=waits.patience)
    assert waits.slept == [0.5]
    assert server.seen[1] == ("clip.mp4", "bytes=100-")


def test_a_redirect_is_followed(server, tmp_path, waits):
    server.files["old.mp4"] = b""
    server.answers["old.mp4"] = file_server.moved(f"{server.url}/clip.mp4")
    file = wanted(server, tmp_path, "old.mp4")
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY


def test_other_bytes_never_take_the_files_name(server, tmp_path, waits):
    server.files["clip.mp4"] = BODY[:-1] + b"x"
    file = wanted(server, tmp_path)
    with pytest.raises(
        MissingResourceError, match=rf"another file .*: expected {file.sha256}, got [0-9a-f]{{64}}; it was"
    ):
        download.fetch(file, patience=waits.patience)
    assert left(file) == []
    assert waits.slept == []


def test_more_bytes_than_the_manifest_says_stop_the_download(server, tmp_path, waits):
    server.files["clip.mp4"] = BODY * 20
    file = wanted(server, tmp_path)
    with pytest.raises(MissingResourceError, match=f"sends more than {len(BODY)} bytes"):
        download.fetch(file, patience=waits.patience)
    assert left(file) == []


def test_a_file_that_is_not_there_is_told_at_once(server, tmp_path, waits):
    file = wanted(server, tmp_path, "gone.mp4")
    with pytest.raises(MissingResourceError, match=r"gone\.mp4 answers 404 .*; --mirror names another server"):
        download.fetch(file, patience=waits.patience)
    assert server.counts["gone.mp4"] == 1
    assert left(file) == []


def test_a_busy_server_is_asked_five_times_with_doubling_pauses(server, tmp_path, waits):
    server.answers["clip.mp4"] = file_server.always_busy
    with pytest.raises(MissingResourceError, match=r"in 5 attempts: .* answers 503 .*; the same command goes on"):
        download.fetch(wanted(server, tmp_path), patience=waits.patience)
    assert waits.slept == [0.5, 1.0, 2.0, 4.0]


def test_a_file_that_stays_short_says_how_much_came(server, tmp_path, waits):
    server.answers["clip.mp4"] = file_server.always_half
    with pytest.raises(MissingResourceError, match=rf"broke off after {HALF} of {len(BODY)} bytes"):
        download.fetch(wanted(server, tmp_path), patience=waits.patience)


def test_no_server_at_all_is_said(tmp_path, waits):
    with file_server.running() as started:
        file = wanted(started, tmp_path)
    with pytest.raises(MissingResourceError, match="cannot be reached"):
        download.fetch(file, patience=waits.patience)


def test_files_of_this_machine_are_copied(tmp_path, server, waits):
    (tmp_path / "clip.mp4").write_bytes(BODY)
    file = wanted(server, tmp_path)
    here = Wanted(file.name, (tmp_path / "clip.mp4").as_uri(), file.sha256, file.bytes, file.place)
    download.fetch(here, patience=waits.patience)
    assert file.place.read_bytes() == BODY
    gone = Wanted(file.name, (tmp_path / "gone.mp4").as_uri(), "0" * 64, 3, tmp_path / "x" / "x")
    with pytest.raises(MissingResourceError, match=r"is not at file:.*gone\.mp4"):
        download.fetch(gone, patience=waits.patience)
    assert waits.slept == []


def test_a_folder_that_cannot_be_written_names_the_variable(server, tmp_path, waits):
    (tmp_path / "cache").write_text("a file where the cache should be")
    with pytest.raises(MissingResourceError, match=r"cannot be written: .*; make room, or set MOTIONBENCH_CACHE to"):
        download.fetch(wanted(server, tmp_path), patience=waits.patience)


def test_several_files_come_at_once_and_every_failure_is_told(server, tmp_path, waits):
    server.files |= {f"{k}.mp4": bytes([k]) * 5000 for k in range(6)}
    server.answers["3.mp4"] = file_server.always_busy
    files = [wanted(server, tmp_path, f"{k}.mp4", bytes([k]) * 5000) for k in range(6)]
    files.append(wanted(server, tmp_path, "gone.mp4"))
    states: list[fetching.State] = []
    failures = fetching.fetch(files, states.append, patience=waits.patience)
    assert [failure.name for failure in failures] == ["3.mp4", "gone.mp4"]
    assert [file.name for file in files if file.place.exists()] == [f"{k}.mp4" for k in (0, 1, 2, 4, 5)]
    assert max(state.files for state in states) == 5
    assert max(state.bytes for state in states) == 25000
    assert {state.total_bytes for state in states} == {30000 + len(BODY)}


def test_an_interrupt_keeps_what_has_come(server, tmp_path, waits):
    server.answers["clip.mp4"] = file_server.slowly
    file = wanted(server, tmp_path)

    def enough(count: int) -> None:
        if count > 1000:
            raise download.Interrupted

    with pytest.raises(download.Interrupted):
        download.fetch(file, enough, waits.patience)
    assert left(file) == ["clip.mp4.part"]
    assert BODY.startswith(file.part.read_bytes())
    download.fetch(file, patience=waits.patience)
    assert file.place.read_bytes() == BODY
