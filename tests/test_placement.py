"""Devices and determinism: what is refused, what is passed on, what is left as it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from motionbench import placement, plan, provenance, request, run
from motionbench.errors import MissingResourceError, UsageError
from motionbench.placement import Placement
from motionbench.request import Question
from motionbench.store import Environment, Store
from motionbench.store.keys import digest_of
from motionbench.types import Protocol
from motionbench.workshop import Workshop


class Quiet:
    """Shows nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Placed:
    """Takes a device."""

    def __init__(self, spec: str = "", *, device: str | None = None) -> None:
        self.spec, self.device = spec, device


class Fixed:
    """Takes none."""

    def __init__(self, spec: str = "") -> None:
        self.spec = spec


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu:0", "CUDA", "cuda:0 "])
def test_a_device_that_torch_has_no_name_for_is_a_usage_error(device: str) -> None:
    with pytest.raises(UsageError, match="--device takes cuda, cuda:N, mps or cpu"):
        Placement(device)


@pytest.mark.parametrize("device", ["cuda:99", "mps"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(device: str) -> None:
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    refused = pytest.raises(MissingResourceError, match=rf"there is no device {device} .*it has .*cpu")
    with refused as caught, placement.applied(Placement(device)):
        pass
    assert "motionbench doctor" in str(caught.value)


def test_determinism_lasts_as_long_as_the_run() -> None:
    assert not torch.are_deterministic_algorithms_enabled()
    with placement.applied(Placement("cpu", deterministic=True)):
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.are_deterministic_algorithms_enabled()
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


def test_determinism_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError), placement.applied(Placement(deterministic=True)):
        raise KeyError
    assert not torch.are_deterministic_algorithms_enabled()


def test_without_a_choice_nothing_is_passed_and_with_one_it_reaches_what_takes_it() -> None:
    assert placement.build(Placed, "spec").device is None
    assert placement.build(Placed, "spec", device="cpu").device == "cpu"
    assert placement.build(Fixed, "spec", device="cpu").spec == "spec"
    with pytest.raises(UsageError, match="'theirs' cannot be put on a device"):
        placement.build(Fixed, "spec", device="cpu", owner="theirs")


def test_backbone_tracker_and_encoder_are_built_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request.resolve(Question(("sdedit",), metrics=("clip_text", "mf.local"), controls=False, dtype="bfloat16"))
    monkeypatch.setattr("motionbench.registry.implementation", lambda spec: Placed)
    monkeypatch.setattr("motionbench.workshop.WatchedEncoder", lambda encoder: encoder)
    workshop = Workshop(asked, "cpu")
    [encoder] = [column.encoder for column in asked.columns if column.encoder]
    assert workshop.backbone.device == "cpu"
    assert workshop.backbone.spec.dtype == "bfloat16"
    assert workshop.tracker.device == "cpu"  # type: ignore[attr-defined]
    assert workshop.encoder(encoder).device == "cpu"  # type: ignore[attr-defined]
    assert Workshop(asked).backbone.device is None


def test_a_metric_with_a_model_of_its_own_is_built_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    class Measured(Placed):
        def __init__(self, protocol: Protocol, encoder: object, *, device: str | None = None) -> None:
            super().__init__(protocol.name, device=device)

    asked = request.resolve(Question(("sdedit",), metrics=("flicker",), controls=False))
    monkeypatch.setattr("motionbench.registry.implementation", lambda spec: Measured)
    [column] = asked.columns
    assert Workshop(asked, "cpu").metric(column).device == "cpu"  # type: ignore[attr-defined]
    assert Workshop(asked).metric(column).device is None  # type: ignore[attr-defined]


def environments(store: Store) -> set[tuple[str, bool]]:
    found = store.environments(row.environment for row in store.rows()).values()
    return {(one.used_device, one.deterministic) for one in found}


def test_a_run_records_device_and_determinism_and_keeps_its_keys(fakes: Any, tmp_path: Path) -> None:
    made = plan.make(request.resolve(Question(("fake-roll",), "fake", metrics=("fake_brightness",), controls=False)))
    plain, chosen = Store.open(tmp_path / "plain"), Store.open(tmp_path / "chosen")
    first = run.Run(made, plain, Quiet()).execute()
    second = run.Run(made, chosen, Quiet(), placed=Placement("cpu", deterministic=True)).execute()
    assert environments(plain) == {("", False)}
    assert environments(chosen) == {("cpu", True)}
    assert [(row.key, row.value) for row in first.rows] == [(row.key, row.value) for row in second.rows]


def test_a_run_with_nothing_to_do_needs_no_device(fakes: Any, tmp_path: Path) -> None:
    made = plan.make(request.resolve(Question(("fake-roll",), "fake", metrics=("fake_brightness",), controls=False)))
    store = Store.open(tmp_path)
    with pytest.raises(MissingResourceError, match="there is no device cuda:99"):
        run.Run(made, store, Quiet(), placed=Placement("cuda:99")).execute()
    run.Run(made, store, Quiet()).execute()
    assert run.Run(made, store, Quiet(), placed=Placement("cuda:99")).execute().performed == 0


def test_an_environment_without_a_choice_is_written_as_earlier_releases_wrote_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    earlier = {"python": "3", "platform": "p", "device": "d", "commit": "", "dirty": False, "packages": {}}
    identity = store.save_environment(Environment(**earlier))  # type: ignore[arg-type]
    assert identity == digest_of(earlier)[:16]
    assert "used_device" not in (tmp_path / f"environments/{identity}.json").read_text()
    chosen = Environment(**earlier, used_device="cuda:1", deterministic=True)  # type: ignore[arg-type]
    assert store.environments([store.save_environment(chosen)]).popitem()[1] == chosen


def test_the_device_of_this_machine_is_told_without_torch() -> None:
    assert provenance.device()
    assert all(provenance.accelerators())
