"""Slurm through submitit's executor of this machine: the same table, one task killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import UsageError
from motionbench.executors.on_slurm import Slurm, Task
from motionbench.executors.posts import Post
from motionbench.plan import Item

submitit = pytest.importorskip("submitit")


def test_tasks_give_the_table_of_one_process_and_one_that_dies_cancels_no_other(
    crews: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_SLEEP", "0.1")
    store, killed = crews.store(), []

    def kill(worker: str, item: Item) -> None:
        if not killed:
            killed.append(worker)
            hello = [event for event in crews.events("hello") if f".w{int(worker.split()[1]) - 1}." in event["worker"]]
            os.kill(hello[-1]["pid"], signal.SIGKILL)

    result = crews.go(store, crews.watching(kill), executor=Slurm({"cluster": "local", "time": "10"}, 0))
    assert (len(result.rows), result.failures, len(killed)) == (16, 0, 1)
    assert crews.table(store) == crews.table(crews.alone())
    assert list((store.root / "leases").iterdir()) == []
    assert [event["how"] for event in crews.events("lost")] == ["died by SIGKILL"]


def test_a_task_whose_time_is_up_goes_on_in_the_queue(tmp_path: Any) -> None:
    task = Task(Post("run.w0.1", 0, 1, tmp_path, "run", tmp_path / "out.txt"), 60.0)
    again = task.checkpoint()
    assert isinstance(again, submitit.helpers.DelayedSubmission)
    assert again.function._post.name == "run.w0.1"


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="--with time takes a number of minutes, got 'long'"):
        Slurm({"time": "long"}, 0)


def test_the_workers_of_a_crew_are_one_array_with_the_settings_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"sbatch": f'cp "$1" {tmp_path}/script; echo Submitted batch job 7', "srun": "true"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    settings = {"time": "240", "partition": "gpu", "cpus_per_task": "8", "reservation": "night"}
    executor = Slurm(settings, 1)
    output = tmp_path / "run" / "output" / "w.txt"
    for rank in range(3):
        executor.start(Post(f"run.w{rank}", rank, 3, tmp_path, "run", output))
    executor._submit()
    script = (tmp_path / "script").read_text()
    asked = [
        "--array=0-2",
        "--time=240",
        "--partition=gpu",
        "--cpus-per-task=8",
        "--gpus-per-node=1",
        "--reservation=night",
    ]
    assert [words for words in asked if words not in script] == []
