"""Whatever a file claims, reading it is bounded, and nothing is written."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motionbench.errors import MotionBenchError, UsageError
from motionbench.submission import checking
from motionbench.submission.archive import Archive

from .conftest import Change, edit_rows, write

FUZZ = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "/etc/passwd", "videos/../x.mkv", "videos/a.mkv", "scores.pkl", "VIDEOS/x", "a\\b", "videos/"],
)
def test_a_member_of_another_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a member may not be named"):
        Archive(write(tmp_path / "a.motionbench", {"submission.json": b"{}", name: b"x"}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.motionbench", {"submission.json": b"0" * (60 << 20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(UsageError, match=r"submission\.json grows more than 500 times"):
        Archive(path)


def test_a_member_that_is_longer_than_it_claims_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.motionbench", {"submission.json": json.dumps(list(range(5000))).encode()})
    data = path.read_bytes()
    size = struct.pack("<I", len(json.dumps(list(range(5000)))))
    path.write_bytes(data.replace(size, struct.pack("<I", 100)))
    with pytest.raises(UsageError, match=r"submission\.json is (damaged|not as long)"), Archive(path) as archive:
        archive.read("submission.json")


def test_a_directory_of_too_many_members_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.motionbench"
    path.write_bytes(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 60_000, 60_000, 10, 0, 0))
    with pytest.raises(UsageError, match="claims 60000 members"):
        Archive(path)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.motionbench"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("submission.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("submission.json", "{}")
    with pytest.raises(UsageError, match="1 members have the name of another"):
        Archive(path)


def test_a_table_that_would_fill_the_memory_is_refused(changed: Callable[[Change], Path]) -> None:
    def swell(members: dict[str, bytes]) -> None:
        edit_rows(members, lambda rows: None)
        frame = pd.read_parquet(io.BytesIO(members["scores.parquet"]))
        frame = pd.concat([frame] * 4_200, ignore_index=True)
        frame["reason"] = "x" * 4000
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        members["scores.parquet"] = buffer.getvalue()

    path = changed(swell)
    assert path.stat().st_size < 40e6
    with pytest.raises(UsageError, match="holds texts of more than 1 GiB"):
        checking.check(path)


def test_any_damage_ends_in_a_verdict_or_an_error_of_ours(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    with zipfile.ZipFile(packed) as file:
        members = {name: file.read(name) for name in file.namelist()}
    path = tmp_path / "fuzzed.motionbench"

    @FUZZ
    @given(st.data())
    def check(data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["flip", "cut", "member", "swap", "grow"]))
        if kind in ("flip", "cut"):
            # The directory is at the end, the head's members at the beginning.
            place = data.draw(st.one_of(st.integers(0, 3000), st.integers(len(whole) - 6000, len(whole) - 1)))
            spoilt = bytearray(whole)
            spoilt[place] ^= 1 << data.draw(st.integers(0, 7))
            path.write_bytes(bytes(spoilt) if kind == "flip" else whole[:place])
        else:
            few = {name: members[name] for name in sorted(members)[:4]}
            name = data.draw(st.sampled_from(sorted(few)))
            piece = data.draw(st.one_of(st.binary(max_size=40), st.sampled_from([b"[" * 9000, b"{}", b"null", b"NaN"])))
            at = data.draw(st.integers(0, len(few[name])))
            other = data.draw(st.sampled_from(sorted(few)))
            few[name] = {"member": piece, "swap": few[other], "grow": few[name][:at] + piece + few[name][at:]}[kind]
            write(path, few)
        with contextlib.suppress(MotionBenchError):
            checking.check(path, share=0.0)
        assert list(tmp_path.iterdir()) == [path]

    check()
