"""From a score back to its objects and to the command that makes it again, on the plug-in of fakes."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from motionbench import provenance, receipt
from motionbench.errors import MissingResourceError, UsageError
from motionbench.plan import TuneItem
from motionbench.retrace import command, retrace, variant
from motionbench.store import Configuration, MethodLine, Row, Store

METRICS = ("--metric", "fake_brightness,fake_motion")
ASKED = ("--method", "fake-tuned:big+loud=true,fake-still", "--suite", "fake", *METRICS, "--seeds", "1,2")


def motionbench(folder: Path, fakes: Any, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "motionbench.cli", *words],
        cwd=folder,
        env=fakes.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def store(tmp_path: Path, fakes: Any) -> Store:
    motionbench(tmp_path, fakes, "eval", *ASKED, "--no-controls", "--tune-seed", "3", "--store", "store")
    return Store.open(tmp_path / "store")


def score(store: Store, method: str, metric: str, case: str, seed: int | None = None) -> tuple[Configuration, Row]:
    configuration = store.plan()
    return configuration, receipt.choose(provenance.rows_of(configuration, store.rows()), method, metric, case, seed)


TUNED = "fake-tuned[loud=true,preset=big]"


def test_every_score_of_a_run_is_traced_to_objects_that_are_there(store: Store) -> None:
    configuration = store.plan()
    rows = provenance.rows_of(configuration, store.rows())
    assert len(rows) == 2 * 2 * 4 * 2
    for row in rows:
        trace = retrace(configuration, row)
        assert trace.item.key == row.key
        assert all(store.objects.done(step.stage, step.key) for step in trace.steps)
        stages = [step.stage for step in trace.steps]
        tuned = ["tune"] if row.method == TUNED else []
        tracks = ["track", "track"] if row.metric == "fake_motion" else []
        assert stages == [*tuned, "generate", *tracks, "score"]


def test_the_command_makes_the_same_score_again_in_a_store_of_its_own(store: Store, tmp_path: Path, fakes: Any) -> None:
    configuration, row = score(store, TUNED, "fake_motion", "car-0", 2)
    trace = retrace(configuration, row)
    assert isinstance(trace.steps[0], TuneItem)
    words = shlex.split(command(trace, "again"))
    assert words[0] == "motionbench"
    assert words[3:5] == ["fake-tuned:big+loud=true", "--suite"]
    motionbench(tmp_path, fakes, *words[1:])
    again = {one.key: one.value for one in Store.open(tmp_path / "again").rows()}
    assert again[row.key] == row.value


def test_the_receipt_holds_what_decided_the_number(store: Store) -> None:
    configuration, row = score(store, TUNED, "fake_motion", "pan-0")
    environment = store.environments([row.environment])[row.environment]
    one = receipt.receipt(configuration, row, environment, store)
    assert (one.row.seed, one.tune_seed) == (1, 3)
    assert one.clip_digest == "digest-pan"
    assert one.prompt == "a cat in pan"
    assert one.reference is not None
    assert one.generation is not None
    assert one.reference.size == one.generation.size == (5, 16, 16)
    assert one.reference.digest != one.generation.digest
    assert [step.what for step in one.steps] == ["tune", "generate", "track", "track of the reference", "score"]
    assert all(step.there for step in one.steps)
    assert Path(one.steps[1].path).is_file()
    assert Path(one.steps[2].path).is_file()
    told = dict(receipt.lines(one))
    assert told["value"] == f"{row.value!r} (higher is better)"
    assert told["signature"] == "fake_motion|v:1|tracker:fake-tracker"
    assert told["seeds"] == "generation 1, tuning 3"
    assert told["options"] == "shift=5, loud=True, rate=0.5, mode=a"
    assert told["reference decoded"].startswith("5 frames of 16×16 at 8 a second, pixels ")
    assert told["tune"].startswith("0.50 s, ")
    assert "numpy" in told["packages"]
    assert told["again"].startswith("motionbench eval --method fake-tuned:big+loud=true --suite fake ")


def test_a_score_without_a_value_gives_its_reason(store: Store) -> None:
    configuration, row = score(store, "fake-still", "fake_motion", "pan-0")
    one = receipt.receipt(configuration, row, None, store)
    told = dict(receipt.lines(one))
    assert told["value"] == "none, undefined: nothing moves (higher is better)"
    assert told["environment"] == "not recorded"


def test_what_has_changed_since_is_named_and_the_rest_of_the_receipt_stays(store: Store) -> None:
    configuration, row = score(store, TUNED, "fake_motion", "pan-0")
    lines = tuple(dataclasses.replace(line, version="0") for line in configuration.metrics)
    older = dataclasses.replace(configuration, metrics=lines)
    other = dataclasses.replace(row, key="0" * 64)
    with pytest.raises(MissingResourceError, match="under another key: the metric fake_motion was 0 and is 1"):
        retrace(older, other)
    one = receipt.receipt(older, other, None, store)
    assert one.steps == ()
    told = dict(receipt.lines(one))
    assert told["costs"].startswith("tuning 0.50 s, generation ")
    assert "cannot be told: this MotionBench makes the score under another key" in told["again"]


@pytest.mark.parametrize(("case", "quick"), [("pan-0", True), ("zoom-0", False)])
def test_a_case_among_the_few_is_made_again_by_quick(store: Store, case: str, quick: bool) -> None:
    trace = retrace(*score(store, TUNED, "fake_brightness", case))
    assert ("--quick" in shlex.split(command(trace, "s"))) is quick


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("fake-stil", "fake_motion", "pan-0"), "no scores of the method 'fake-stil' here; did you mean 'fake-still'"),
        (("fake-still", "fake_moton", "pan-0"), "no scores of the metric 'fake_moton' here; did you mean 'fake"),
        (("fake-still", "fake_motion", "pan-1"), "no scores of the case 'pan-1' here; did you mean 'pan-0'"),
        (("fake-still", "fake_motion", "pan-0", 7), "fake-still has no score with seed 7 there; it has 1, 2"),
    ],
)
def test_wrong_names_get_the_near_one(store: Store, names: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("[", r"\[")):
        score(store, *names)


def test_options_that_differ_from_the_defaults_are_all_that_a_variant_says() -> None:
    def line(label: str, preset: str, **options: Any) -> MethodLine:
        from motionbench import registry

        spec = registry.method("sdedit")
        merged = {**spec.defaults, **(spec.presets[preset] if preset else {}), **options}
        return MethodLine(label, "sdedit", "1", False, False, preset, merged)

    assert variant(line("sdedit[preset=low]", "low"), "mini-wan") == "sdedit:low"
    assert (
        variant(line("sdedit[preset=low,strength=0.3]", "low", strength=0.3), "mini-wan") == "sdedit:low+strength=0.3"
    )
