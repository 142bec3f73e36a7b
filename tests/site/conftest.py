"""Records of a few methods, one of them named by somebody hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from motionbench import provenance
from motionbench.provenance import RunRecord
from motionbench.store import CaseLine, Configuration, Environment, MethodLine, MetricLine, Row
from motionbench.types import Protocol

HOSTILE = "../<img src=x onerror=\"document.title='owned'\">@BODY@"
ADDRESS = "javascript:document.title='owned'"
METRICS = (
    MetricLine("up", "1", "u", "higher", "headline", 2),
    MetricLine("down", "1", "", "lower", "comparability", 2),
)
CASES = tuple(CaseLine(f"{name}--p1", kind, name, "d") for name, kind in (("pan", "camera"), ("walk", "human")))
Record = Callable[..., RunRecord]


def _line(name: str) -> MethodLine:
    return MethodLine(
        name, name, "1", name == "backbone", False, "", {"steps": 4}, f"summary of {name}", "runs-on-mini"
    )


def row(method: str, case: CaseLine, metric: MetricLine, value: float | None) -> Row:
    return Row(
        key=f"{method}{case.id}{metric.name}",
        suite="s",
        case=case.id,
        category=case.category,
        reference=case.reference,
        method=method,
        seed=0,
        metric=metric.name,
        status="failed" if value is None else "ok",
        value=value,
        reason="it <exploded>" if value is None else "",
        signature=f"{metric.name}|v1",
        generate_seconds=2.0,
    )


@pytest.fixture
def record() -> Record:
    """``record(backbone=0.0, ours=0.5)``: each method's score of "up" on the first case; None for failures alone."""

    def make(suite: str = "s", notice: str = "", **values: float | None) -> RunRecord:
        rows = [
            replace(row(method, case, metric, None if value is None else value + step), suite=suite)
            for method, value in values.items()
            for step, case in zip((0.0, 0.1), CASES, strict=True)
            for metric in METRICS
        ]
        configuration = Configuration(
            plan_id="c0ffee",
            suite=suite,
            notice=notice,
            protocol=Protocol("p", 17, 8.0, 64, 64, "lk", 16),
            backbone="b",
            backbone_digest="w",
            encoder="e",
            encoder_digest="d",
            seeds=(0,),
            tune_seed=0,
            methods=tuple(map(_line, values)),
            metrics=METRICS,
            cases=CASES,
            score_keys=tuple(one.key for one in rows),
            manifest_digest="m",
            command="motionbench eval",
        )
        machine = Environment("3.11", "Linux", ADDRESS, "abc", False, {"numpy": "2"})
        return RunRecord(configuration, {"env": machine}, tuple(rows))

    return make


@pytest.fixture
def results(tmp_path: Path, record: Record) -> Path:
    """Two records that share a table, one of another suite, and a file that is none."""
    folder = tmp_path / "results"
    folder.mkdir()
    many = {f"method-{number}": 0.1 * number for number in range(1, 12)}
    first = record(backbone=0.0, **many, **{HOSTILE: 0.33, "failing": None}, notice="Noise <proves> nothing.")
    provenance.write_record(folder / "first.json", first)
    provenance.write_record(folder / "second.json", record(backbone=0.0, late=0.7, notice="Noise <proves> nothing."))
    provenance.write_record(folder / "third.json", record(suite="other", backbone=0.0, late=0.2))
    (folder / "README.md").write_text("words")
    (folder / "other.json").write_text('{"kind": "something else"}')
    return folder
