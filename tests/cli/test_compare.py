"""``motionbench compare``: exit codes, streams, gates with faults, records and stores."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from motionbench import provenance
from motionbench.cli import app, gating
from motionbench.errors import MotionBenchError, UsageError
from motionbench.provenance import RunRecord
from motionbench.store import CaseLine, Configuration, MethodLine, MetricLine, Row, Store
from motionbench.types import Protocol

METRICS = ("motion_fidelity[local]", "leakage")
CASES = tuple(f"clip{number}--p1" for number in range(8))


def record(shift: float = 0.0, metric: str = METRICS[0], lost: str = "", suite: str = "mini") -> RunRecord:
    configuration = Configuration(
        plan_id=f"c0ffee{abs(shift)}".replace(".", ""),
        suite=suite,
        notice="",
        protocol=Protocol("mini-v1", 17, 8.0, 64, 64, "lk", 16),
        backbone="mini-wan",
        backbone_digest="w",
        encoder="mini-clip",
        encoder_digest="e",
        seeds=(0,),
        tune_seed=0,
        methods=tuple(MethodLine(name, name, "1", False, False, "", {}) for name in ("fym", "lora[rank=8]")),
        metrics=(
            MetricLine(METRICS[0], "1", "", "higher", "headline", 3),
            MetricLine(METRICS[1], "1", "", "lower", "headline", 3),
        ),
        cases=tuple(CaseLine(case, "camera", case.split("--")[0], "d") for case in CASES),
        score_keys=tuple(sorted(row.key for row in rows(shift, metric, lost, suite))),
        manifest_digest="m",
    )
    return RunRecord(configuration, {}, tuple(rows(shift, metric, lost, suite)))


def rows(shift: float, metric: str, lost: str, suite: str) -> list[Row]:
    return [
        Row(
            key=f"{method}{case}{name}{shift}",
            suite=suite,
            case=case,
            category="camera",
            reference=case.split("--")[0],
            method=method,
            seed=0,
            metric=name,
            status="failed" if case == lost else "ok",
            value=None if case == lost else 0.5 + 0.01 * place + (shift if (method, name) == ("fym", metric) else 0.0),
            signature=f"{name}|v1",
        )
        for method in ("fym", "lora[rank=8]")
        for place, case in enumerate(CASES)
        for name in METRICS
    ]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    provenance.write_record(tmp_path / "base.json", record())
    return tmp_path


def run(head: RunRecord, *words: str) -> Result:
    provenance.write_record(Path("head.json"), head)
    return CliRunner().invoke(app, ["compare", "base.json", "head.json", *words])


def fault(done: Result) -> MotionBenchError:
    assert isinstance(done.exception, MotionBenchError), done.exception
    return done.exception


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (record(), 0),
        (record(-0.1), 4),
        (record(+0.1), 0),
        (record(+0.1, METRICS[1]), 4),
        (record(-0.01), 0),
        (record(-0.1, lost=CASES[0]), 8),
    ],
)
def test_exit_codes_tell_a_regression_from_noise_and_from_missing_scores(
    desk: Path, head: RunRecord, code: int
) -> None:
    for format in ("human", "json", "md"):
        assert run(head, "--format", format).exit_code == code


def test_another_suite_exits_5_and_names_it(desk: Path) -> None:
    error = fault(run(record(suite="mini-full")))
    assert error.exit_code == 5
    assert "base.json and head.json cannot be compared, they differ in suite" in str(error)


def test_results_go_to_stdout_and_the_outcome_to_stderr(desk: Path) -> None:
    done = run(record(-0.1))
    assert done.stdout.splitlines()[1].startswith("regression\tfym\tmotion_fidelity[local] ↑\t0.535\t0.435\t-0.100 [")
    assert done.stderr.splitlines()[-1] == "1 regression: head.json against base.json, suite mini"
    assert json.loads(run(record(-0.1), "--format", "json").stdout)["exit_code"] == 4


def test_a_gate_of_ones_own_overrides_single_thresholds(desk: Path) -> None:
    Path("gates.yaml").write_text('schema_version: 1\nmetrics:\n  "motion_fidelity[local]": {threshold: 0.2}\n')
    assert run(record(-0.1), "--gate", "gates.yaml").exit_code == 0
    assert run(record(+0.1, METRICS[1]), "--gate", "gates.yaml").exit_code == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version: 1\nmetrix: {}\n", "gates.yaml:2: metrix: unknown key; did you mean 'metrics'?"),
        (
            "schema_version: 1\nmetrics:\n  leakage: {treshold: 1}\n",
            "gates.yaml:3: metrics.leakage.treshold: unknown key; did you mean 'threshold'?",
        ),
        (
            "schema_version: 1\nmetrics:\n  leakage: {threshold: -1}\n",
            "gates.yaml:3: metrics.leakage.threshold: input should be greater than or equal to 0, got -1",
        ),
        (
            "schema_version: 1\nmetrics:\n  leakge: {threshold: 1}\n",
            "gates.yaml:3: metrics.leakge: no metric named 'leakge'; did you mean 'leakage'?",
        ),
        ("metrics: {}\n", "gates.yaml:1: schema_version: this key is missing; add `schema_version:`"),
        ("schema_version: 1\nmay_differ: [suite]\n", "gates.yaml:2: may_differ[0]: input should be"),
        ("schema_version: 1\nmetrics: [\n", "gates.yaml:3: broken YAML"),
    ],
)
def test_a_broken_gate_is_refused_with_file_and_line(desk: Path, text: str, message: str) -> None:
    Path("gates.yaml").write_text(text)
    error = fault(run(record(), "--gate", "gates.yaml"))
    assert isinstance(error, UsageError)
    assert message in str(error)


def test_the_packages_gates_name_every_metric_that_has_a_better_side() -> None:
    from motionbench import registry
    from motionbench.specs import MetricSpec

    specs = [entry.spec for entry in registry.entries("metrics") if entry.distribution == "motionbench-transfer"]
    directed = {spec.name for spec in specs if isinstance(spec, MetricSpec) and spec.better != "none"}
    assert directed == set(gating.load(None, ()).metrics)


def test_stores_are_read_at_their_latest_run_or_at_the_one_named(desk: Path) -> None:
    store = Store.open(desk / "store")
    writer = store.writer()
    for place, one in enumerate((record(), record(-0.1))):
        store.save_plan(dataclasses.replace(one.configuration, written_at=float(place)))
        for row in one.scores:
            writer.append(row)
    writer.close()
    latest, first = store.plan("").plan_id, store.plans()[-1].plan_id
    assert latest != first
    invoke = CliRunner().invoke
    assert invoke(app, ["compare", "base.json", "store"]).exit_code == 4
    assert invoke(app, ["compare", "base.json", f"store@{first}"]).exit_code == 0
    assert invoke(app, ["compare", f"store@{first}", f"store@{latest}"]).exit_code == 4


def test_two_labels_are_compared_by_pair(desk: Path) -> None:
    done = run(record(-0.1), "--pair", "lora[rank=8]=fym", "--common", "--format", "json")
    assert done.exit_code == 4
    assert {change["method"] for change in json.loads(done.stdout)["changes"]} == {"lora[rank=8]"}
    error = fault(run(record(), "--pair", "fym=lra"))
    assert "--pair fym=lra: head.json has no method 'lra'" in str(error)
    assert "is not BASE=HEAD" in str(fault(run(record(), "--pair", "fym")))


@pytest.mark.parametrize(("command", "label"), [("compare", "fym=fym[motion_loss=none]"), ("why", "fym[stride=2]")])
def test_labels_in_help_keep_their_brackets(command: str, label: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "160", "TERM": "dumb"})
    assert label in done.stdout


def test_what_is_neither_a_record_nor_a_store_says_so(desk: Path) -> None:
    error = fault(CliRunner().invoke(app, ["compare", "base.json", "nowhere"]))
    assert "no store at nowhere" in str(error)


def test_the_examples_in_the_documentation_are_a_gate_and_a_workflow(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "gating.md").read_text(encoding="utf-8")
    gates, workflow = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "gates.yaml").write_text(gates)
    read = gating.load(tmp_path / "gates.yaml", ())
    assert read.of("clip_text@vit-b-32", 0.3).threshold == 0.02
    assert read.may_differ == ["backbone_digest"]
    steps = yaml.safe_load(workflow)["jobs"]["gate"]["steps"]
    [command] = [step["run"] for step in steps if "motionbench compare" in step.get("run", "")]
    assert "--gate gates.yaml --format md > comment.md" in command
