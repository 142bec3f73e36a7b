"""The engine's retries: what may pass is tried again, the rest is a verdict at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from motionbench import failures, plan, request
from motionbench.engine import Engine
from motionbench.request import Question
from motionbench.scoring import Verdict
from motionbench.store import Row, Store
from motionbench.workshop import Workshop

QUESTION = Question(("fake-still",), suite="fake", metrics=("fake_brightness",), controls=False)


class Silent:
    """A display that shows nothing."""

    def start(self, missing: int, cached: int) -> None: ...

    def begin(self, item: object) -> None: ...

    def progress(self, stage: str, done: int, total: int) -> None: ...

    def end(self, item: object, verdict: Verdict, seconds: float) -> None: ...

    def warn(self, text: str) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture
def tries(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets the fake method raise these errors, one a call, before it works; the calls made."""
    monkeypatch.setattr(failures, "_FIRST_PAUSE", 0.0)

    def raising(*errors: BaseException) -> list[str]:
        calls: list[str] = []
        generate = fakes.module.Still.generate

        def fail(self: object, case: Any, *rest: object, **keywords: object) -> object:
            calls.append(case.id)
            if len(calls) <= len(errors):
                raise errors[len(calls) - 1]
            return generate(self, case, *rest, **keywords)

        monkeypatch.setattr(fakes.module.Still, "generate", fail)
        return calls

    return raising


def first_row(folder: Path, stored: list[Row] | None = None, **settings: Any) -> Row:
    made = plan.make(request.resolve(QUESTION))
    engine = Engine(made, Store.open(folder), Silent(), **settings)
    try:
        return engine.row(made.scores[0], {row.identity: row for row in stored or []})
    finally:
        engine.close()


def test_a_lost_connection_is_tried_three_times_more(tmp_path: Path, tries: Callable[..., list[str]]) -> None:
    calls = tries(*[ConnectionError("down")] * 3)
    assert first_row(tmp_path).status == "ok"
    assert len(calls) == 4


def test_then_it_is_a_failure(tmp_path: Path, tries: Callable[..., list[str]]) -> None:
    calls = tries(*[ConnectionError("down")] * 9)
    row = first_row(tmp_path)
    assert (row.status, row.failure, row.reason) == ("failed", "transient", "ConnectionError: down")
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("error", "failure"), [(ValueError("shape"), "deterministic"), (MemoryError("full"), "out-of-memory")]
)
def test_what_would_happen_again_is_not_tried_again(
    tmp_path: Path, tries: Callable[..., list[str]], error: Exception, failure: str
) -> None:
    calls = tries(error)
    assert first_row(tmp_path).failure == failure
    assert len(calls) == 1


def test_out_of_memory_steps_down_one_rung_where_there_is_one_and_that_is_recorded(
    tmp_path: Path, tries: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def step_down(self: Workshop) -> bool:
        first = not self.spared
        self.spared = "offload"
        return first

    monkeypatch.setattr(Workshop, "step_down", step_down)
    calls = tries(MemoryError("full"))
    assert first_row(tmp_path).status == "ok"
    assert len(calls) == 2
    [(stage, key)] = [entry for entry in Store.open(tmp_path).objects.entries() if entry[0] == "generate"]
    meta = Store.open(tmp_path).objects.meta(stage, key)
    assert meta is not None
    assert meta.spared == "offload"


def test_a_backbone_steps_down_once_and_only_where_it_can(fakes: Any) -> None:
    stepped: list[str] = []

    def stepping(*answers: bool) -> Workshop:
        workshop = Workshop(request.resolve(QUESTION))
        vars(workshop)["backbone"] = SimpleNamespace(spare_memory=lambda: stepped.append("tried") or answers[0])
        return workshop

    unloaded = Workshop(request.resolve(QUESTION))
    assert not unloaded.step_down()
    assert not stepping(False).step_down()
    having = stepping(True)
    assert (having.step_down(), having.step_down()) == (True, False)
    assert (having.spared, len(stepped)) == ("offload", 2)


def test_only_named_classes_of_earlier_failures_are_tried_again(
    tmp_path: Path, tries: Callable[..., list[str]]
) -> None:
    calls = tries(ValueError("shape"))
    failed = first_row(tmp_path)
    assert first_row(tmp_path, [failed], retried=("transient", "timeout")) == failed
    assert len(calls) == 1
    assert first_row(tmp_path, [failed], retried=("deterministic",)).status == "ok"


def test_failures_of_before_there_were_classes_are_deterministic_or_invalid(
    tmp_path: Path, tries: Callable[..., list[str]]
) -> None:
    tries(ValueError("shape"))
    old = dataclasses.replace(first_row(tmp_path), failure="")
    invalid = dataclasses.replace(old, status="invalid_output")
    assert first_row(tmp_path, [old], retried=("transient",)) == old
    assert first_row(tmp_path, [invalid], retried=("deterministic",)) == invalid
    assert first_row(tmp_path, [invalid], retried=("invalid-output",)).status == "ok"
