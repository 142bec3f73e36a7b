"""Weights, video codecs, trackers, clips and plug-ins, as ``motionbench doctor`` sees them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from motionbench import registry
from motionbench.doctor import resources, weight_files
from motionbench.doctor.finding import Finding
from motionbench.errors import MissingResourceError
from motionbench.weights import model_folder


def found() -> dict[str, Finding]:
    return {finding.name: finding for finding in resources.findings()}


def test_the_shipped_models_the_codecs_and_the_default_tracker_are_ok() -> None:
    report = found()
    for name in ("weights mini-wan", "weights mini-clip", "decoding", "tracker lk"):
        assert report[name].state == "ok", report[name]
    assert "h264" in report["decoding"].found


def test_what_is_fetched_or_supplied_by_the_user_is_a_gap_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MOTIONBENCH_CACHE", "MOTIONBENCH_CLIPS", "MOTIONBENCH_COTRACKER_DIR", "MOTIONBENCH_TAPNET_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    report = found()
    assert report["suite core"] == Finding(
        "suite core", "gap", "0 of 19 references are here", "motionbench data fetch core"
    )
    for tracker in ("cotracker3", "cotracker3-online", "tapnext"):
        assert report[f"tracker {tracker}"].state == "gap"
        assert "git clone" in report[f"tracker {tracker}"].advice


def test_an_encoder_that_its_first_use_would_fetch_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    report = found()["encoder vit-b-32"]
    assert report.state == "gap"
    assert report.advice == "hf download timm/vit_base_patch32_clip_224.openai"


def test_a_broken_plug_in_is_a_gap_and_the_default_method_missing_is_a_fault(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = registry.entries
    monkeypatch.setattr(
        registry, "entries", lambda kind: tuple(entry for entry in entries(kind) if entry.name != "fym")
    )
    report = found()
    assert report["method fake-broken"].state == "gap"
    assert report["method fake-broken"].found == "OSError: libfake.so is missing"
    assert report["method fake-broken"].advice.endswith("pip uninstall motionbench-fakes")
    assert report["method fym"].state == "fault"


def test_a_suite_that_cannot_be_opened_hides_no_other(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_DEFECT", "the disk is on fire")
    report = found()
    assert report["suite fake"].found == "cannot be opened: the disk is on fire"
    assert report["suite mini"].state == "ok"


def test_a_video_that_comes_back_changed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from motionbench.data import video

    true = video.read_lossless

    def darker(path: Path) -> Any:
        clip = true(path)
        return type(clip)(clip.frames // 2, clip.fps)

    monkeypatch.setattr(video, "read_lossless", darker)
    assert found()["decoding"].state == "fault"


def test_the_size_of_a_weights_file_is_that_of_its_header() -> None:
    for file in model_folder("package:mini-wan").rglob("*.safetensors"):
        assert weight_files.stated_size(file) == file.stat().st_size


def tensors(end: int) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [end // 4], "data_offsets": [0, end]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(end)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(tensors(64)[:-1], id="cut short"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", id="a pointer of git-lfs"),
        pytest.param(b"", id="empty"),
        pytest.param(struct.pack("<Q", 2) + b"[]", id="no header"),
    ],
)
def test_weights_that_are_not_whole_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "whole.safetensors").write_bytes(tensors(64))
    assert weight_files.check_folder(tmp_path) == len(tensors(64))
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(MissingResourceError, match=r"model\.safetensors has \d+ bytes, its header says"):
        weight_files.check_folder(tmp_path)


def test_a_folder_without_weights_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="there is no"):
        weight_files.check_folder(tmp_path)
