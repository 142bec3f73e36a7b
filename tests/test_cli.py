"""The command line as a user meets it: exit codes and streams, in subprocesses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EVAL = ("eval", "--suite", "fake", "--metric", "fake_brightness,fake_motion", "--no-controls", "--method")


class Shell:
    """Runs ``motionbench`` with the fakes installed, in a folder of its own."""

    def __init__(self, folder: Path, fakes: Any) -> None:
        self.folder, self.fakes = folder, fakes

    def __call__(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "motionbench.cli", *words],
            cwd=self.folder,
            env={**self.fakes.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path, fakes: Any) -> Shell:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Shell(folder, fakes)


def test_eval_ends_with_the_table_the_paths_and_the_next_command(shell: Shell) -> None:
    done = shell(*EVAL, "fake-tuned", "--method", "fake-still")
    assert done.returncode == 0, done.stderr
    assert "fake-tuned" in done.stdout
    assert "fake_brightness ↑ by category" in done.stdout
    assert "Fakes [prove] nothing." in done.stdout
    assert "items to do" not in done.stdout
    assert "40 items to do, 0 are there" in done.stderr
    assert "Next: motionbench table --plan " in done.stderr
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_the_second_run_does_nothing_and_loads_no_torch(shell: Shell) -> None:
    first = shell(*EVAL, "fake-tuned", "--format", "json")
    second = shell(*EVAL, "fake-tuned", "--format", "json")
    assert second.stdout == first.stdout
    assert "0 items to do" in second.stderr
    assert " 0 items done now" in second.stderr


def test_json_on_stdout_parses_while_progress_goes_to_stderr(shell: Shell) -> None:
    data = json.loads(shell(*EVAL, "fake-still", "--format", "json", "--seeds", "0,1").stdout)
    assert list(data) == [
        "schema_version",
        "suite",
        "protocol",
        "backbone",
        "notice",
        "standings",
        "costs",
        "inference",
        "store",
    ]
    assert (data["suite"], data["protocol"], data["store"]) == ("fake", "fake-v1", "motionbench-store")


def test_options_come_from_the_environment_too(shell: Shell, tmp_path: Path) -> None:
    done = shell(
        *EVAL,
        "fake-roll",
        MOTIONBENCH_STORE=str(tmp_path / "elsewhere"),
        MOTIONBENCH_SET="fake-roll.shift=3",
        MOTIONBENCH_FORMAT="csv",
    )
    assert done.returncode == 0, done.stderr
    assert "fake-roll[shift=3],fake_brightness,all," in done.stdout
    assert (tmp_path / "elsewhere" / "store.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((*EVAL, "fake-rol"), 2, "error: no method named 'fake-rol'; did you mean 'fake-roll'?"),
        (("eval", "--method", "fake-roll", "--suite", "fke"), 2, "error: no suite named 'fke'; did you mean 'fake'?"),
        (
            (*EVAL, "fake-roll", "--set", "fake-roll.shfit=1"),
            2,
            "fake-roll has no option 'shfit'; did you mean 'shift'?",
        ),
        ((*EVAL, "fake-roll", "--seeds", "a"), 2, "--seeds takes whole numbers with commas"),
        ((*EVAL, "fake-roll", "--seed", "-1"), 2, "a seed is not negative"),
        ((*EVAL, "fake-roll", "--fail-on-error", "most"), 2, "--fail-on-error takes a number such as 2 or a share"),
        ((*EVAL, "fake-roll", "--fail-on-error", "nan"), 2, "or a share such as 0.05, got 'nan'"),
        ((*EVAL, "fake-roll", "--fail-on-error", "1.5"), 2, "or a share such as 0.05, got '1.5'"),
        ((*EVAL, "fake-roll", "--data", "."), 2, "--suite and --data exclude each other"),
        ((*EVAL, "fake-roll", "--format", "pdf"), 2, "pdf"),
        ((*EVAL, "fake-roll", "--store", "file/store"), 6, "error: cannot write the store file/store: Not a directory"),
        ((*EVAL, "fake-missing"), 6, "error: no weights of fake-missing\nFetch them: fake fetch"),
        ((*EVAL, "fake-broken"), 6, "is broken: OSError: libfake.so is missing"),
        (("table",), 6, "error: no store at motionbench-store\nMake one with motionbench eval"),
        (("table", "--from", "none.json"), 2, "error: cannot read none.json: No such file or directory"),
        (("method", "info", "fake-rol"), 2, "did you mean 'fake-roll'?"),
    ],
)
def test_bad_input_names_the_thing_and_the_next_step(
    shell: Shell, words: tuple[str, ...], code: int, message: str
) -> None:
    (shell.folder / "file").write_text("")
    done = shell(*words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("method", ["fake-wrong-shape", "fake-nan", "fake-raises"])
def test_failures_are_in_the_table_and_exit_3(shell: Shell, method: str) -> None:
    done = shell(*EVAL, method)
    assert done.returncode == 3
    assert f"† {method}: " in done.stdout
    assert "Tracebacks of what failed: motionbench-store/logs" in done.stderr
    reason = "weights [exploded]" if method == "fake-raises" else "expected a motionbench.types.Video"
    assert reason in " ".join(done.stdout.split())


@pytest.mark.parametrize(("tolerance", "code"), [("2", 0), ("1", 3), ("0.5", 0), ("0.49", 3)])
def test_failures_are_allowed_by_number_and_by_share(shell: Shell, tolerance: str, code: int) -> None:
    assert shell(*EVAL, "fake-raises", "--fail-on-error", tolerance).returncode == code


def test_what_a_method_prints_is_in_its_log_and_on_request_on_the_terminal(shell: Shell) -> None:
    done = shell(*EVAL, "fake-prints", "--format", "csv")
    assert done.stdout.startswith("method,")
    assert "at work" not in done.stdout
    assert "more of it" not in done.stderr
    logs = sorted((shell.folder / "motionbench-store" / "logs").glob("generate-*.txt"))
    assert {path.read_text().split(" on ")[0] for path in logs} == {"at work"}
    assert all(path.read_text().endswith("more of it\n") for path in logs)
    again = shell(*EVAL, "fake-prints", "--format", "csv", "--force", "generate", MOTIONBENCH_CAPTURE="0")
    assert "at work on " in again.stdout


def test_a_control_that_does_not_apply_is_a_footnote(shell: Shell) -> None:
    done = shell(*EVAL, "fake-roll,fake-declines", "--format", "md")
    assert done.returncode == 0
    assert "- fake-declines is left out: only procedural clips have it" in done.stdout
    assert "*fake-declines* (control)" not in done.stdout


def test_only_cache_with_nothing_there_is_inconclusive(shell: Shell) -> None:
    done = shell(*EVAL, "fake-roll", "--only-cache")
    assert done.returncode == 8
    assert "Unfinished: 8 scores are still to be made." in done.stdout


def test_ctrl_c_prints_the_partial_table_and_the_resume_command(shell: Shell) -> None:
    words = [*EVAL, "fake-still,fake-tuned", "--format", "md"]
    process = subprocess.Popen(
        [sys.executable, "-m", "motionbench.cli", *words],
        cwd=shell.folder,
        env={**shell.fakes.environment, "MOTIONBENCH_FAKE_SLEEP": "0.3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "tune ok" in line:
            os.kill(process.pid, signal.SIGINT)
            break
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "| *fake-still* (control) |" in output
    assert "Unfinished: " in output
    assert "go on with:\n  motionbench eval --suite fake" in errors
    assert shell(*words).returncode == 0


def test_a_table_is_printed_again_from_the_store_and_from_a_record(shell: Shell) -> None:
    first = shell(*EVAL, "fake-tuned,fake-still", "--format", "md")
    assert shell("table", "--format", "md").stdout == first.stdout
    written = shell("table", "--format", "md", "--record", "run.json")
    assert written.stdout == first.stdout
    assert "motionbench table --from run.json" in written.stderr
    (shell.folder / "motionbench-store").rename(shell.folder / "gone")
    assert shell("table", "--from", "run.json", "--format", "md").stdout == first.stdout
    record = json.loads((shell.folder / "run.json").read_text())
    assert list(record) == ["kind", "schema_version", "configuration", "environments", "scores"]
    [environment] = record["environments"].values()
    assert environment["packages"]["numpy"]


def test_two_runs_share_a_table_where_they_fit(shell: Shell) -> None:
    shell(*EVAL, "fake-roll")
    shell(*EVAL, "fake-roll", "--set", "fake-roll.shift=4")
    text = shell("table", "--all", "--format", "csv").stdout
    assert {line.split(",")[0] for line in text.splitlines()} == {"method", "fake-roll", "fake-roll[shift=4]"}
    assert "fake-roll," not in shell("table", "--format", "csv").stdout


def test_a_newer_store_is_refused_with_exit_5(shell: Shell) -> None:
    shell(*EVAL, "fake-roll")
    (shell.folder / "motionbench-store" / "store.json").write_text('{"schema_version": 99}')
    done = shell("table")
    assert done.returncode == 5
    assert "pip install -U motionbench-transfer" in done.stderr


def test_listings_show_what_is_broken_with_its_reason(shell: Shell) -> None:
    methods = shell("method", "list")
    assert methods.returncode == 0
    assert "fake-broken\tbroken\t\t\tmotionbench-fakes\tOSError: libfake.so is missing" in methods.stdout
    assert "fake-tuned\ttuned\t—" in methods.stdout
    assert "fake_motion\t" in shell("metric", "list").stdout
    assert "--set fake-roll.shift=1" in shell("method", "info", "fake-roll").stdout


def test_data_is_listed_and_verified(shell: Shell) -> None:
    assert "fake\t4\t4\tfake-v1\tcamera 2, single_object 2\t" in shell("data", "list").stdout
    assert shell("data", "verify", "fake").stdout == "fake: 4 of 4 references verified\n"
    broken = shell("data", "verify", "fake", MOTIONBENCH_FAKE_BROKEN_CLIP="pan")
    assert broken.returncode == 6
    assert broken.stdout == "fake: 3 of 4 references verified\n"
    assert "fake pan: pan-0.mp4 is truncated" in broken.stderr
    assert "error: not every reference of fake can be used; the lines above say why" in broken.stderr


def test_a_folder_is_verified_without_the_suites(shell: Shell) -> None:
    done = shell("data", "verify", "--data", "none")
    assert done.returncode == 6
    assert "error: no folder none" in done.stderr
    assert done.stdout == ""


def test_trackers_are_listed_and_need_exact_tracks_for_their_error(shell: Shell) -> None:
    assert "dis-flow\tApache-2.0\t0.150%\tmotionbench-transfer\t" in shell("tracker", "list").stdout
    done = shell("tracker", "error", "--suite", "fake")
    assert done.returncode == 2
    assert "no reference of the suite fake has exact tracks" in done.stderr


def test_the_embedded_world_is_rendered_to_look_at(shell: Shell) -> None:
    done = shell("mini", "render", "clips")
    assert done.returncode == 0, done.stderr
    assert len(list((shell.folder / "clips").glob("human-*.mp4"))) == 5
    assert done.stdout == f"clips: {len(list((shell.folder / 'clips').iterdir()))} clips\n"


def test_a_store_is_compacted_and_verified(shell: Shell) -> None:
    first = shell(*EVAL, "fake-roll", "--format", "csv")
    assert "rows-" in shell("store", "compact").stdout
    assert shell("table", "--format", "csv").stdout == first.stdout
    assert shell("store", "verify").returncode == 0
    assert shell("store", "runs").stdout.count("motionbench eval") == 1
    for video in (shell.folder / "motionbench-store").rglob("video.mkv"):
        video.write_bytes(b"x")
    assert shell("store", "verify").returncode == 6


def test_an_unexpected_error_is_short_and_exits_1(shell: Shell) -> None:
    done = shell(*EVAL, "fake-roll", MOTIONBENCH_FAKE_DEFECT="a suite that nobody expected to raise")
    assert done.returncode == 1
    assert "nobody expected" in done.stderr
    assert "internal error: this is a defect" in done.stderr
    assert "MOTIONBENCH_TRACEBACK=1" in done.stderr
    assert len(done.stderr.splitlines()) < 20


def test_help_names_the_exit_codes_and_eval_has_three_examples(shell: Shell) -> None:
    assert "130 interrupted" in " ".join(shell("--help").stdout.split())
    text = shell("eval", "--help").stdout
    for panel in ("What to run", "Where to run", "Reproducibility", "Failure policy", "Output"):
        assert panel in text
    assert text.count("motionbench eval --method fym") == 3
