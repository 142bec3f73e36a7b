"""Forecasts: counts, times of earlier work on the same device, downloads, licences, disk and gaps."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from motionbench import disk, plan, provenance, request, run
from motionbench.data import places
from motionbench.data.suites import ManifestSuite
from motionbench.encoders import hub_cache
from motionbench.encoders.catalog import VIT_B_32
from motionbench.errors import MissingResourceError, UsageError
from motionbench.forecast import Forecast, forecast, measured
from motionbench.placement import Placement
from motionbench.request import Question
from motionbench.sources import Sources
from motionbench.store import Environment, Meta, Row, Store

FAKE = Question(("fake-tuned",), "fake", metrics=("fake_brightness", "fake_motion"), controls=False)
CORE = Question(("fake-still",), "core", metrics=("clip_text",), controls=False, quick=True)


class Quiet:
    """Shows nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def execute(question: Question, store: Path, placed: Placement | None = None) -> None:
    made = plan.make(request.resolve(question))
    run.Run(made, Store.open(store), Quiet(), placed=placed).execute()


def counts(made: Forecast) -> dict[str, tuple[int, int]]:
    return {work.stage: (work.cached, work.to_do) for work in made.stages}


def test_times_are_those_of_earlier_work_with_the_same_method(fakes: Any, tmp_path: Path) -> None:
    execute(dataclasses.replace(FAKE, quick=True), tmp_path)
    made = forecast(dataclasses.replace(FAKE, seeds=(0, 1)), tmp_path)
    assert counts(made) == {"tune": (2, 2), "generate": (2, 6), "track": (4, 8), "score": (4, 12)}
    assert made.unknown == ()
    [work] = made.methods
    assert (work.tunings, work.generations, work.tune_seconds) == (2, 6, 0.5)
    assert work.generate_seconds is not None
    assert work.memory_source == "measured"
    [tune, generate, *_] = made.stages
    assert tune.seconds == 2 * 0.5
    assert generate.seconds == pytest.approx(6 * work.generate_seconds)
    assert made.seconds == pytest.approx(sum(stage.seconds for stage in made.stages))
    assert made.disk.store_unknown == ()


def test_other_settings_of_a_method_were_never_timed(fakes: Any, tmp_path: Path) -> None:
    execute(FAKE, tmp_path)
    made = forecast(dataclasses.replace(FAKE, assignments=("fake-tuned.shift=3",)), tmp_path)
    assert made.unknown == ("fake-tuned[shift=3]",)
    [work] = made.methods
    assert (work.tune_seconds, work.generate_seconds, work.memory_bytes) == (None, None, None)
    assert made.disk.store_unknown == ("fake-tuned[shift=3]",)


def test_work_on_another_device_tells_nothing(fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(dataclasses.replace(FAKE, quick=True), tmp_path)
    assert forecast(FAKE, tmp_path, Placement("mps")).unknown[:2] == ("fake-tuned", "fake-tracker")
    monkeypatch.setattr(provenance, "device", lambda: "another machine")
    assert "fake-tuned" in forecast(FAKE, tmp_path).unknown


@pytest.mark.parametrize(
    ("cards", "used", "asked", "same"),
    [
        ([], "", "cpu", True),
        ([], "cpu", "", True),
        (["H100"], "", "cuda", True),
        (["H100"], "cuda:0", "", True),
        (["H100"], "cuda:0", "cuda:1", False),
        (["H100"], "", "cpu", False),
        ([], "", "mps", False),
    ],
)
def test_two_names_of_one_device_are_the_same(
    monkeypatch: pytest.MonkeyPatch, cards: list[str], used: str, asked: str, same: bool
) -> None:
    monkeypatch.setattr(provenance, "accelerators", lambda: cards)
    environment = Environment("3", "p", provenance.device(), "", False, {}, used_device=used)
    assert measured.is_here(environment, Placement(asked)) is same
    assert not measured.is_here(dataclasses.replace(environment, deterministic=True), Placement(asked))


def test_force_makes_cached_work_work_to_do(fakes: Any, tmp_path: Path) -> None:
    execute(FAKE, tmp_path)
    assert counts(forecast(FAKE, tmp_path))["score"] == (8, 0)
    forced = forecast(FAKE, tmp_path, forced=run.forced_by("track"))
    assert counts(forced) == {"tune": (4, 0), "generate": (4, 0), "track": (0, 8), "score": (0, 8)}


def test_clips_that_are_not_here_are_downloads_and_gaps(
    fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MOTIONBENCH_CLIPS", str(tmp_path / "clips"))
    made = forecast(CORE, tmp_path / "store")
    wanted = {entry.reference_id for entry in request.resolve(CORE).entries}
    manifest = ManifestSuite("core").manifest
    sizes = [clip.source.bytes for clip in manifest.clips_of("core") if clip.id in wanted]  # type: ignore[union-attr]
    [download] = made.downloads
    assert (download.bytes, download.command) == (sum(map(int, filter(None, sizes))), "motionbench data fetch core")
    [gap] = made.gaps
    assert gap.what == f"{len(wanted)} of {len(wanted)} reference videos of core are not here"
    assert any(licence.of.endswith("reference videos") or "reference video" in licence.of for licence in made.licences)


def test_clips_in_the_cache_are_no_gap(fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))
    for clip in ManifestSuite("core").manifest.clips_of("core"):
        place = places.cached(clip.source)  # type: ignore[arg-type]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert forecast(CORE, tmp_path / "store").gaps == ()


def test_weights_that_are_absent_are_gaps_and_the_rest_is_still_planned(tmp_path: Path) -> None:
    def absent(spec: object) -> str:
        raise MissingResourceError("the weights of it are not here\nFetch them: hf download it")

    question = Question(("sdedit",), metrics=("clip_text",), controls=False)
    made = forecast(question, tmp_path / "s", sources=Sources(backbone_digest=absent, encoder_digest=absent))
    [gap] = made.gaps
    assert (gap.what, gap.advice) == ("the weights of it are not here", "Fetch them: hf download it")
    assert counts(made)["generate"] == (0, 8)
    assert made.backbone == "mini-wan"


def test_a_declared_memory_is_used_for_the_shipped_model_where_none_was_measured(tmp_path: Path) -> None:
    [sdedit] = request.resolve(Question(("sdedit",), controls=False, quick=True)).methods
    made = forecast(Question(("sdedit",), controls=False, quick=True), tmp_path / "s")
    declared = sdedit.spec.memory_bytes
    assert made.methods[0].memory_bytes == made.memory_bytes == declared
    assert made.methods[0].memory_source == ("unknown" if declared is None else "declared")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 14_707_384_396), ({"memory": "offload"}, 11_361_820_672), ({"quantised": "int8"}, 13_288_387_596)],
)
def test_where_nothing_was_measured_the_weights_are_the_least(
    tmp_path: Path, changes: dict[str, Any], expected: int
) -> None:
    question = Question(("sdedit",), "core", backbone="wan2.1-1.3b", controls=False, quick=True, **changes)
    sources = Sources(backbone_digest=lambda spec: "", encoder_digest=lambda spec: "")
    [work] = forecast(question, tmp_path / "s", sources=sources).methods
    assert (work.memory_bytes, work.memory_source) == (expected, "weights")


def test_a_store_without_room_is_a_gap(fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)
    [gap] = forecast(FAKE, tmp_path).gaps
    assert gap.what.startswith("the store may grow by 0.0 GB")
    assert "--store DIR" in gap.advice


def test_what_videos_take_is_at_most_their_pixels(fakes: Any, tmp_path: Path) -> None:
    question = dataclasses.replace(FAKE, methods=("fake-roll",), metrics=("fake_brightness",))
    made = forecast(question, tmp_path)
    assert made.disk.store_grows == 4 * (16_384 + 5 * 16 * 16 * 3) + 4 * 16_384


def test_names_that_are_wrong_are_refused_as_ever(fakes: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'fake-tuned'"):
        forecast(dataclasses.replace(FAKE, methods=("fake-tuned2",)), tmp_path)


def test_an_encoder_that_is_not_in_the_hubs_cache_is_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    question = Question(("sdedit",), metrics=("clip_text",), encoders=("vit-b-32",), controls=False)
    [download] = forecast(question, tmp_path / "s").downloads
    assert download.what.startswith("the encoder vit-b-32")
    assert download.bytes == 605_109_252
    source = hub_cache.published(VIT_B_32)
    assert source is not None
    snapshot = tmp_path / f"models--{source.repository.replace('/', '--')}" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "open_clip_model.safetensors").touch()
    assert forecast(question, tmp_path / "s").downloads == ()


def test_a_forecast_is_plain_json(fakes: Any, tmp_path: Path) -> None:
    record = json.loads(json.dumps(dataclasses.asdict(forecast(FAKE, tmp_path)), allow_nan=False))
    assert record["suite"] == "fake"


def test_scores_with_another_image_text_model_tell_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question(("sdedit",), metrics=("clip_text",), controls=False, quick=True)
    made = plan.make(request.resolve(question))
    frame = {"frames": 17, "fps": 8.0, "height": 64, "width": 64}
    store = Store.open(tmp_path)
    environment = store.save_environment(provenance.environment())
    writer = store.writer()
    for item in made.scores:
        with store.objects.filling("score", item.key) as folder:
            store.objects.commit("score", item.key, folder, Meta(value=0.5, seconds=2.0))
        row = Row(item.key, "mini", item.generation.entry.id, "camera", "r", "sdedit", 0, "clip_text", "ok", 0.5)
        signature = "clip_text|mini-clip@0123456789ab,squash|v1"
        writer.append(
            dataclasses.replace(row, signature=signature, backbone="mini-wan", environment=environment, **frame)
        )
    writer.close()
    assert measured.measure(made, store, Placement()).seconds["score", "clip_text"] == 2.0
    other = plan.make(request.resolve(dataclasses.replace(question, encoders=("vit-b-32",))))
    assert ("score", "clip_text") not in measured.measure(other, store, Placement()).seconds
