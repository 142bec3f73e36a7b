"""Python, packages, torch, the driver and folders, as ``motionbench doctor`` sees them."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from motionbench.doctor import accelerator, folders, packages
from motionbench.doctor.accelerator import Torch
from motionbench.doctor.finding import Finding, ready, tried
from motionbench.errors import MissingResourceError

DRIVER = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12\n"
CARD = Torch("2.6.0", "12.4", (("NVIDIA H100", 80 << 30),), False)


def refuse() -> str:
    raise MissingResourceError("there is no model\nFetch it: fetch-it\nthen go on")


def test_a_gap_leaves_the_default_command_ready_and_a_fault_does_not() -> None:
    gap = Finding("extra", "gap", "not here")
    assert ready([Finding("python", "ok", "3.12"), gap])
    assert not ready([gap, Finding("torch", "fault", "broken")])


def test_what_a_check_raises_becomes_its_reason_and_its_advice() -> None:
    assert tried("model", "gap", refuse) == Finding(
        "model", "gap", "there is no model", "Fetch it: fetch-it\nthen go on"
    )
    assert tried("division", "fault", lambda: str(1 / 0)) == Finding(
        "division", "fault", "ZeroDivisionError: division by zero"
    )


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.6.0+cu124", (2, 6)), ("1.0", (1,)), ("4.51.0rc1", (4, 51)), ("", ()), ("13", (13,))]
)
def test_versions_are_compared_by_their_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert packages.release(version) == numbers


def test_requirements_come_from_the_metadata_without_those_of_developers() -> None:
    lines = ["numpy>=1.26", "lpips>=0.1.4; extra == 'lpips'", "ruff>=0.9; extra == 'dev'", "odd @ https://e.org/o.whl"]
    assert packages.requirements(lines) == [
        packages.Requirement("numpy", "1.26", ""),
        packages.Requirement("lpips", "0.1.4", "lpips"),
    ]


def test_a_package_that_is_absent_or_too_old_is_named() -> None:
    assert packages.Requirement("numpy", "1.20", "").fault() == ""
    assert packages.Requirement("numpy", "", "").fault() == ""
    assert packages.Requirement("no-such-package", "1", "").fault() == "no-such-package is not installed"
    assert packages.Requirement("numpy", "99", "").fault().endswith("expected 99 or later")


def test_a_distribution_that_is_not_installed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "DISTRIBUTION", "no-such-package")
    python, absent = packages.findings()
    assert python.state == "ok"
    assert (absent.state, absent.advice) == ("fault", "pip install no-such-package")


def python_that(folder: Path, does: str) -> str:
    """An interpreter in whose place a script answers."""
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    return str(script)


def test_a_torch_that_cannot_be_imported_is_a_fault_with_its_reason(tmp_path: Path) -> None:
    broken = python_that(tmp_path, "echo 'OSError: libcudart.so.12: cannot open' >&2; exit 1")
    found = {each.name: each for each in accelerator.findings(accelerator.ask(broken))}
    assert found["torch"].state == "fault"
    assert found["torch"].found == "OSError: libcudart.so.12: cannot open"
    assert "pip install" in found["torch"].advice


def test_a_torch_that_crashes_or_hangs_is_a_fault_too(tmp_path: Path) -> None:
    assert accelerator.ask(python_that(tmp_path, "kill -SEGV $$")).fault == "the process ended with -11"
    assert accelerator.ask(python_that(tmp_path, "sleep 9"), 0.1).fault.startswith("TimeoutExpired")
    assert accelerator.ask(str(tmp_path / "none")).fault.startswith("FileNotFoundError")


def test_torch_is_asked_in_another_process() -> None:
    told = accelerator.ask()
    assert told.fault == ""
    assert told.version[0].isdigit()


def test_cards_are_listed_by_the_names_that_device_takes() -> None:
    _, device, _ = accelerator.findings(CARD)
    assert device == Finding("device", "ok", "cuda:0 NVIDIA H100 80 GiB")


@pytest.mark.parametrize(("cuda", "why"), [("", "was built without CUDA"), ("13.2", "cannot be used with this driver")])
def test_a_driver_whose_card_torch_does_not_see_is_a_gap(monkeypatch: pytest.MonkeyPatch, cuda: str, why: str) -> None:
    monkeypatch.setattr(accelerator, "driver_version", lambda: "550.54")
    _, device, driver = accelerator.findings(Torch("2.6.0", cuda, (), False))
    assert device.state == "gap"
    assert why in device.found
    assert "download.pytorch.org" in device.advice
    assert driver.found == "NVIDIA 550.54"


def test_the_driver_says_its_version_in_a_file_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "version").write_text(DRIVER)
    assert accelerator.driver_version(tmp_path / "version") == "550.54.15"


def test_a_store_that_can_be_written_is_not_made_by_looking(tmp_path: Path) -> None:
    store, room, *_ = folders.findings(tmp_path / "deep" / "store")
    assert (store.state, room.state) == ("ok", "ok")
    assert store.found.endswith("store, made when it is needed")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_written_is_a_fault_and_a_cache_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "file" / "cache"))
    store, _, cache, _ = folders.findings(tmp_path / "file" / "store")
    assert (store.state, cache.state) == ("fault", "gap")
    assert "cannot be written: Not a directory" in store.found
    assert store.advice == "Choose another folder: --store DIR or MOTIONBENCH_STORE=DIR"
    assert cache.advice == "Choose another folder: MOTIONBENCH_CACHE=DIR"


def test_too_little_room_is_said_with_what_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "free_bytes", lambda folder: 5_000_000)
    _, room, _, cache_room = folders.findings(tmp_path)
    assert (room.state, cache_room.state) == ("fault", "gap")
    assert room.found == "0.0 GB free, 0.2 GB wanted"


def test_python_names_its_interpreter() -> None:
    python, *_ = packages.findings()
    assert sys.executable in python.found
