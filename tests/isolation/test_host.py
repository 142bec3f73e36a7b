"""A method in its own environment: behaving, and misbehaving in every way that a stranger's code can."""

from __future__ import annotations

import dataclasses
import os
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from motionbench import registry, request, run, stages
from motionbench.contracts import Method, silent
from motionbench.errors import Declined, InvalidOutputError, MissingResourceError, UsageError, WorkerError
from motionbench.isolation import host
from motionbench.isolation.host import IsolatedMethod
from motionbench.options import Choice
from motionbench.plan import make
from motionbench.request import Question
from motionbench.specs import BackboneSpec, MethodSpec
from motionbench.store import Store
from motionbench.types import Annotation, Case, Estimated, Protocol, Tracks, Video
from motionbench.workshop import Workshop

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
CASE = Case("a--p1", "s", "camera", Video(FRAMES, 8.0), "a", "a cat", "a dog", Annotation())
PROTOCOL = Protocol("p", 5, 8.0, 16, 16, "t", 3)
Made = Callable[..., IsolatedMethod]


@pytest.fixture
def method(spec: MethodSpec) -> Iterator[Made]:
    """Makes the fake in a mood."""
    made: list[IsolatedMethod] = []

    def one(mood: str = "behaves", patience: float = 20.0) -> IsolatedMethod:
        made.append(IsolatedMethod(spec, None, {"mood": mood}, patience))
        return made[-1]

    yield one
    for each in made:
        each.close()


def generate(method: IsolatedMethod, case: Case = CASE, seed: int = 0) -> Video:
    return method.generate(case, None, seed=seed, progress=silent)


def alive(method: IsolatedMethod) -> bool:
    return method._process is not None and method._process._process.poll() is None


def test_it_fulfils_the_contract_and_sees_the_old_package_beside_the_hosts_new_one(
    method: Made, tmp_path: Path
) -> None:
    import clashing

    isolated, seen = method(), []
    assert isinstance(isolated, Method)
    report = isolated.tune(CASE, seed=4, directory=tmp_path, progress=lambda *step: seen.append(step))
    assert clashing.VERSION == "new"
    assert (tmp_path / "state.txt").read_text() == "old 4 a dog 'a cat'"
    assert seen == [("steps", 1, 3), ("steps", 2, 3), ("steps", 3, 3)]
    assert (report.trainable_parameters, report.stages) == (7, {"spatial": 0.25})
    assert report.seconds >= 0


def test_frames_go_there_and_back_unchanged_and_one_worker_serves_all_calls(method: Made) -> None:
    isolated = method()
    for call, seed in enumerate((3, 5), start=1):
        video = generate(isolated, seed=seed)
        expected = FRAMES.copy()
        expected[0, 0, 0, :2] = seed, call
        np.testing.assert_array_equal(video.frames, expected)
        assert video.fps == 8.0
    assert isolated.peak_memory_bytes > 1_000_000


def test_what_it_prints_disturbs_nothing(method: Made) -> None:
    isolated = method("prints")
    assert generate(isolated).size == (5, 16, 16)
    assert isolated._process is not None
    tail = isolated._process.tail
    assert "Loading pipeline components" in tail
    assert "C++ says hello" in tail
    assert "a child too" in tail


def test_an_exception_is_a_failed_item_with_its_traceback_and_the_worker_lives_on(method: Made) -> None:
    isolated = method("raises")
    with pytest.raises(WorkerError, match=r"^KeyError: 'to_q' \(in the environment of isolated-fake\)") as caught:
        generate(isolated)
    assert 'raise KeyError("to_q")' in "".join(traceback.format_exception(caught.value))
    assert alive(isolated)


def test_exiting_is_an_exception_like_any_other(method: Made) -> None:
    with pytest.raises(WorkerError, match="SystemExit: no licence"):
        generate(method("exits"))


def test_declining_is_an_answer(method: Made) -> None:
    with pytest.raises(Declined, match="needs a mask"):
        generate(method("declines"))


def test_a_worker_that_dies_says_how_with_the_end_of_its_log_and_the_next_call_starts_another(method: Made) -> None:
    isolated = method("dies")
    for _ in range(2):
        with pytest.raises(
            WorkerError, match="of isolated-fake died with exit code 3; its last line: CUDA error"
        ) as caught:
            generate(isolated)
        assert "Its log ends:\nCUDA error: out of luck" in caught.value.__notes__[0]
        assert not alive(isolated)


def test_a_worker_that_is_killed_between_calls_is_noticed(method: Made) -> None:
    isolated = method()
    generate(isolated)
    assert isolated._process is not None
    isolated._process._process.kill()
    isolated._process._process.wait()
    with pytest.raises(WorkerError, match="died by SIGKILL"):
        generate(isolated)
    assert generate(isolated).fps == 8.0


def test_a_worker_that_hangs_is_killed_with_its_children(method: Made) -> None:
    isolated = method("hangs")
    process = isolated._loaded()
    process._patience = 0.5
    with pytest.raises(WorkerError, match=r"was silent for 0\.5 s and has been killed"):
        generate(isolated)
    with pytest.raises(ProcessLookupError):
        _until_gone(process._process.pid)


def _until_gone(group: int) -> None:
    """Raise ProcessLookupError once the group is empty; orphans take a moment to be reaped."""
    for _ in range(100):
        os.killpg(group, 0)
        time.sleep(0.05)


def test_babble_between_messages_kills_it(method: Made) -> None:
    with pytest.raises(WorkerError, match="wrote something that is no message: 'garbage'"):
        generate(method("babbles"))


def test_an_interrupt_kills_the_worker(method: Made) -> None:
    isolated = method()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        isolated.tune(CASE, seed=0, directory=Path(os.devnull).parent, progress=interrupt)
    assert not alive(isolated)


def test_a_video_of_another_shape_is_refused_as_for_any_method(method: Made) -> None:
    video = generate(method("wrong shape"))
    with pytest.raises(InvalidOutputError, match=r"returned a Video of uint8 frames \(2, 16, 16, 3\); expected"):
        stages.checked(video, "isolated-fake", PROTOCOL)


def test_annotations_arrive_as_arrays_and_what_is_absent_is_none(method: Made) -> None:
    tracks = Tracks(np.zeros((4, 5, 2), np.float32), np.ones((4, 5), bool))
    masks = np.zeros((1, 5, 16, 16), bool)
    known = Annotation(tracks=tracks, masks=masks, estimated=(Estimated("tracks", "somebody", "1"),))
    case = dataclasses.replace(CASE, annotation=known)
    with pytest.raises(WorkerError) as caught:
        generate(method("looks"), case)
    assert "'masks': ('|b1', (1, 5, 16, 16))" in str(caught.value)
    assert "'tracks': ('<f4', (4, 5, 2))" in str(caught.value)
    assert "'estimated': ('tracks',)" in str(caught.value)
    assert "None camera" in str(caught.value)


def test_a_class_that_cannot_be_loaded_stops_the_run_with_the_next_step(method: Made) -> None:
    isolated = method("refuses to load")
    with pytest.raises(
        MissingResourceError, match=r"cannot load isolated_fake\.method:Fake in its environment: Import"
    ) as e:
        generate(isolated)
    assert "motionbench method install isolated-fake --again" in str(e.value)
    assert not alive(isolated)


def test_without_an_environment_it_says_how_to_build_one(spec: MethodSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTIONBENCH_ENVIRONMENTS", "/nowhere")
    with pytest.raises(MissingResourceError, match=r"not built\nBuild it: motionbench method install isolated-fake"):
        IsolatedMethod(spec, None, {})


@pytest.mark.parametrize("text", ["soon", "0", "nan", "inf"])
def test_patience_is_a_number_of_seconds(spec: MethodSpec, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(host.PATIENCE, text)
    with pytest.raises(UsageError, match="MOTIONBENCH_WORKER_PATIENCE is a number of seconds above 0, got"):
        IsolatedMethod(spec, None, {})


@pytest.mark.usefixtures("fakes")
def test_a_run_tunes_generates_and_scores_it_and_its_environment_is_part_of_its_keys(
    spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = registry.method
    monkeypatch.setattr(registry, "method", lambda name: spec if name == spec.name else shown(name))
    question = Question((spec.name,), suite="fake", metrics=("fake_brightness",), controls=False)
    made = make(request.resolve(question))
    store = Store.open(tmp_path / "store")
    result = run.Run(made, store, _Quiet()).execute()
    assert {row.status for row in result.rows} == {"ok"}
    assert {row.trainable_parameters for row in result.rows} == {7}
    tuned = made.scores[0].generation.tune
    assert tuned is not None
    assert (store.objects.path("tune", tuned.key) / "state.txt").read_text() == "old 0 a dog in pan ''"
    pinned = dataclasses.replace(spec, environment=dataclasses.replace(spec.environment, python="3.9"))
    monkeypatch.setattr(registry, "method", lambda name: pinned)
    other = make(request.resolve(question))
    assert not {score.generation.key for score in made.scores} & {score.generation.key for score in other.scores}


class _Quiet:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def test_the_backbone_arrives_as_its_settings(spec: MethodSpec) -> None:
    backbone = BackboneSpec("b", "m:C", "folder", "MIT", 5, 8.0, 16, 16, 4, 5.0, 3.0, 64)
    isolated = IsolatedMethod(spec, backbone, {"mood": "behaves"}, 20.0)
    try:
        assert generate(isolated).fps == 8.0
    finally:
        isolated.close()


@pytest.mark.parametrize(("chosen", "settings"), [("", {}), ("cuda:1", {"device": "cuda:1"})])
def test_a_device_that_was_chosen_is_among_the_backbones_settings(
    spec: MethodSpec, monkeypatch: pytest.MonkeyPatch, chosen: str, settings: dict[str, str]
) -> None:
    sent: list[dict[str, Any]] = []

    def call(self: object, request: dict[str, Any], progress: object) -> dict[str, Any]:
        sent.append(request)
        raise Declined("seen")

    monkeypatch.setattr("motionbench.isolation.process.WorkerProcess.call", call)
    backbone = BackboneSpec("b", "m:C", "folder", "MIT", 5, 8.0, 16, 16, 4, 5.0, 3.0, 64)
    isolated = IsolatedMethod(spec, backbone, {"mood": "behaves"}, 20.0, device=chosen)
    with pytest.raises(MissingResourceError, match="seen"):
        generate(isolated)
    assert sent[0]["backbone"] == {**dataclasses.asdict(backbone), **settings}


def test_one_worker_lives_at_a_time_and_none_after_the_end(spec: MethodSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[IsolatedMethod] = []

    class Noted(IsolatedMethod):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            made.append(self)

    monkeypatch.setattr(host, "IsolatedMethod", Noted)
    choices = [Choice(spec, "", {"mood": mood}, {"mood": mood}) for mood in ("behaves", "prints")]
    workshop = Workshop(cast(Any, _Asked()))
    for choice in choices:
        generate(cast(IsolatedMethod, workshop.method(choice)))
    assert [alive(one) for one in made] == [False, True]
    workshop.close()
    assert [alive(one) for one in made] == [False, False]


@dataclasses.dataclass
class _Asked:
    """The part of a request that making a method looks at."""

    backbone: None = None
