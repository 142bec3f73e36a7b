"""From words to executors: what is refused, who shares what."""

from __future__ import annotations

import os

import pytest

from motionbench.errors import UsageError
from motionbench.executors import choosing
from motionbench.executors.choosing import Wanted


def test_one_worker_without_more_is_this_process() -> None:
    assert Wanted().in_this_process
    assert Wanted(workers=1).in_this_process
    assert not Wanted(workers=2).in_this_process
    assert not Wanted(gpus="0").in_this_process
    assert not Wanted("slurm").in_this_process


def test_cores_are_divided_among_workers_unless_the_user_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "1")
    _, places = choosing.choose(Wanted(workers=3))
    assert len(places.variables) == 3
    assert places.shared
    assert places.variables[0]["OMP_NUM_THREADS"] == "2"
    assert "MKL_NUM_THREADS" not in places.variables[0]


@pytest.mark.parametrize(
    ("gpus", "workers", "cards", "shared"),
    [("all", 0, ["3", "5"], False), ("1", 0, ["5"], False), ("0,1", 4, ["3", "5", "3", "5"], True)],
)
def test_each_worker_sees_one_gpu_of_those_that_are_visible(
    monkeypatch: pytest.MonkeyPatch, gpus: str, workers: int, cards: list[str], shared: bool
) -> None:
    monkeypatch.setattr(choosing, "_visible", lambda: ["3", "5"])
    _, places = choosing.choose(Wanted(workers=workers, gpus=gpus))
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places.variables] == cards
    assert places.shared is shared


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (Wanted(gpus="0,7"), r"--gpus takes all, or numbers of GPUs with commas \(0 here\)"),
        (Wanted(workers=-1), "--workers takes a number above 0"),
        (Wanted(workers=2, settings={"partition": "gpu"}), "--executor local has no settings"),
        (Wanted("slurm", gpus="all"), "how many GPUs each worker gets, such as 1, got 'all'"),
    ],
)
def test_words_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch, wanted: Wanted, text: str) -> None:
    monkeypatch.setattr(choosing, "_visible", lambda: ["0"])
    with pytest.raises(UsageError, match=text):
        choosing.choose(wanted)


def test_a_time_limit_is_for_all_stages_or_for_one() -> None:
    assert choosing.timeouts(["600", "generate=60"])["generate"] == 60.0
    assert choosing.timeouts(["generate=60", "600"]) == {
        **dict.fromkeys(("prepare", "tune", "track", "score"), 600.0),
        "generate": 60.0,
    }
    assert choosing.timeouts([]) == {}


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan", "generate=", "bake=3"])
def test_any_other_time_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--timeout"):
        choosing.timeouts([text])


def test_settings_are_names_with_values() -> None:
    assert choosing.settings(["partition=gpu", "qos=a=b"]) == {"partition": "gpu", "qos": "a=b"}
    with pytest.raises(UsageError, match="--with takes NAME=VALUE"):
        choosing.settings(["gpu"])
