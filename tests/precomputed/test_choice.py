"""Given videos in requests, plans and stores."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motionbench import fitting, plan, precomputed, registry, request, run
from motionbench.data import video
from motionbench.errors import NotComparableError, UsageError
from motionbench.leaderboard import comparable
from motionbench.leaderboard.aggregate import board
from motionbench.plan import GenerateItem, Plan
from motionbench.precomputed import Given, Precomputed
from motionbench.request import Question
from motionbench.run import Result
from motionbench.sources import Sources
from motionbench.store import Store
from motionbench.store.keys import digest_of
from motionbench.types import Video

METRICS = ("fake_brightness", "fake_motion")
CASES = ("pan-0", "zoom-0", "ball-0", "car-0")

pytestmark = pytest.mark.usefixtures("fakes")


class Quiet:
    """A display that shows nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def write(folder: Path, *names: str, seed: int = 0) -> None:
    for index, name in enumerate(names):
        frames = np.random.default_rng([seed, index]).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
        video.write_lossless(folder / f"{name}.mkv", Video(frames, 8.0))


def made(folder: Path, quick: bool = False, resample: bool = False, name: str = "theirs") -> Plan:
    given = Given(name, folder, resample=resample)
    question = Question((), suite="fake", metrics=METRICS, controls=False, quick=quick, given=given)
    return plan.make(request.resolve(question, Sources(quick=lambda entries: entries[:1])))


def choice(of: Plan) -> Precomputed:
    [found] = [one for one in of.request.methods if isinstance(one, Precomputed)]
    return found


def generations(of: Plan) -> dict[tuple[str, int], str]:
    return {(one.generation.entry.id, one.generation.seed): one.generation.key for one in of.scores}


def go(of: Plan, store: Store) -> Result:
    return run.Run(of, store, Quiet()).execute()


def verify(of: Plan, stored: Any = lambda key: False) -> None:
    precomputed.verify(choice(of), of.request.entries, of.request.protocol, stored)


def test_keys_of_plans_without_given_videos_are_the_ones_of_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "fitted", lambda backbone, protocol: backbone)
    of_old = dataclasses.replace(registry.backbone("mini-wan"), guidance=3.0)
    monkeypatch.setattr(registry, "backbone", lambda name: of_old)
    sources = Sources(backbone_digest=lambda spec: "weights", encoder_digest=lambda spec: "e")
    methods = ("fake-roll", "fake-tuned", "fake-perfect", "fake-mini-only")
    question = Question(methods, suite="fake", metrics=METRICS, controls=False, seeds=(0, 1))
    old = plan.make(request.resolve(question, sources))
    generated = sorted({score.generation.key for score in old.scores})
    tuned = sorted({score.generation.tune.key for score in old.scores if score.generation.tune})
    assert old.plan_id == "328d233028ec"
    assert digest_of(generated) == "1f6be06e2bb223679a0c42312e8368beb5489e782a17a54d9b56bc680d87a810"
    assert digest_of(tuned) == "609199793646aa8636f819f63848897d438f6ee33c3593214b35c61d2fd95eff"


def test_scores_of_given_videos_are_those_of_the_method_that_made_them(folder: Path, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    theirs = plan.make(
        request.resolve(Question(("fake-tuned",), suite="fake", metrics=METRICS, controls=False, seeds=(0, 1)))
    )
    first = go(theirs, store)
    for score in theirs.scores:
        item: GenerateItem = score.generation
        name = f"{item.entry.id}--seed{item.seed}" if item.seed else item.entry.id
        shutil.copy(store.objects.path("generate", item.key) / "video.mkv", folder / f"{name}.mkv")
    verify(made(folder))
    second = go(made(folder), store)
    assert {row.method for row in second.rows} == {"theirs[precomputed]"}
    assert {(r.case, r.seed, r.metric, r.value) for r in second.rows} == {
        (r.case, r.seed, r.metric, r.value) for r in first.rows
    }
    assert {(row.generate_seconds, row.tune_seconds) for row in second.rows} == {(0.0, 0.0)}


def test_the_second_run_does_nothing_and_decodes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path / "store")
    write(folder, *CASES)
    first = go(made(folder), store)
    monkeypatch.setattr(video, "read", None)
    verify(made(folder), lambda key: store.objects.done("generate", key))
    second = go(made(folder), store)
    assert (second.performed, second.rows) == (0, first.rows)


def test_another_file_is_another_generation_and_the_others_stay(folder: Path) -> None:
    write(folder, *CASES)
    before = generations(made(folder))
    write(folder, "pan-0", seed=1)
    after = generations(made(folder))
    assert {slot for slot, key in before.items() if after[slot] != key} == {("pan-0", 0)}


def test_a_name_changes_no_generation_and_fitting_does(folder: Path) -> None:
    write(folder, *CASES)
    assert generations(made(folder)) == generations(made(folder, name="ours"))
    assert not set(generations(made(folder)).values()) & set(generations(made(folder, resample=True)).values())
    assert choice(made(folder, resample=True)).label == "theirs[precomputed,resampled]"


def test_a_missing_video_is_a_reason_in_the_table_and_a_failure(folder: Path, tmp_path: Path) -> None:
    write(folder, "pan-0", "zoom-0", "ball-0", "pan-0--seed1")
    whole = made(folder)
    verify(whole)
    result = go(whole, Store.open(tmp_path / "store"))
    missing = {(row.case, row.seed) for row in result.rows if row.status == "failed"}
    assert missing == {("car-0", 0), ("zoom-0", 1), ("ball-0", 1), ("car-0", 1)}
    assert {row.reason for row in result.rows if row.status == "failed"} == {"no video was given for this case"}
    assert result.failures == 4
    assert precomputed.missing(choice(whole)) == "zoom-0, seed 1; ball-0, seed 1; car-0, seed 0; car-0, seed 1"
    shown = board(whole.configuration(), result.rows)
    assert shown.standing("theirs[precomputed]", "fake_brightness").n == 3
    assert shown.unfinished == 0


def test_a_video_that_arrives_later_is_scored_and_the_rest_is_not_done_again(folder: Path, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    write(folder, *CASES[:3])
    go(made(folder), store)
    write(folder, "car-0", seed=1)
    result = go(made(folder), store)
    assert {row.status for row in result.rows} == {"ok"}
    assert result.performed == 1 + 2 + 2  # the generation, its tracks and the reference's, two scores


def test_all_faults_come_in_one_message(folder: Path) -> None:
    write(folder, "zoom-0", "pan0")
    video.write_lossless(folder / "ball-0.mkv", Video(np.zeros((3, 16, 16, 3), np.uint8), 8.0))
    (folder / "car-0.mp4").write_text("")
    with pytest.raises(UsageError) as caught:
        verify(made(folder))
    first, *lines = str(caught.value).splitlines()
    assert first == (
        f"the videos of theirs in {folder} cannot be scored under fake-v1 (5 frames of 16x16 at 8 a second):"
    )
    assert lines[0] == "  pan0.mkv: the suite fake has no case 'pan0'; did you mean 'pan-0'?"
    assert lines[1] == "  ball-0.mkv: expected 5 frames, got 3"
    assert lines[2].startswith("  car-0.mp4: ")
    assert "is empty (0 bytes)" in lines[2]
    assert lines[3] == "  without a video: pan-0"
    assert "--map FILE" in lines[4]
    assert "--resample" in lines[5]


def test_videos_of_cases_outside_a_quick_run_are_left_out_and_alone_they_are_a_fault(folder: Path) -> None:
    write(folder, *CASES)
    quick = made(folder, quick=True)
    verify(quick)
    assert [one.case for one in choice(quick).matches.outside] == ["ball-0", "car-0", "zoom-0"]
    (folder / "pan-0.mkv").unlink()
    with pytest.raises(UsageError, match="none of the 3 videos is of a case of this run"):
        verify(made(folder, quick=True))


def test_a_file_that_changes_after_planning_fails_its_item_only(folder: Path, tmp_path: Path) -> None:
    write(folder, *CASES)
    planned = made(folder)
    write(folder, "pan-0", seed=1)
    rows = go(planned, Store.open(tmp_path / "store")).rows
    assert {row.case for row in rows if row.status == "failed"} == {"pan-0"}
    assert "has changed since the run was planned" in rows[0].reason


def test_runs_on_different_files_of_one_name_refuse_to_share_a_table(folder: Path) -> None:
    write(folder, *CASES)
    before = made(folder).configuration()
    assert comparable.merge([before, made(folder).configuration()]).methods == before.methods
    write(folder, "pan-0", seed=1)
    with pytest.raises(NotComparableError, match=r"the runs of theirs\[precomputed\] cannot .* differ in options"):
        comparable.merge([before, made(folder).configuration()])


@pytest.mark.parametrize("name", ["", "a,b", "a[b]", "a b", "-a", "a/b"])
def test_a_name_that_would_spoil_a_label_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a method's name is letters, digits and"):
        Given(name, folder)


def test_a_choice_is_a_method_without_cost_and_status(folder: Path) -> None:
    write(folder, *CASES)
    [line] = made(folder).configuration().methods
    assert (line.label, line.name, line.status, line.control, line.tuned) == (
        "theirs[precomputed]",
        "theirs",
        "precomputed",
        False,
        False,
    )
    assert dataclasses.asdict(line)["options"].keys() == {"videos"}
