"""``motionbench table``: formats, views, and ``--check`` on a run record."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from motionbench import provenance
from motionbench.cli import app
from motionbench.errors import StaleError, UsageError
from motionbench.provenance import RunRecord
from motionbench.store import CaseLine, Configuration, MethodLine, MetricLine, Row
from motionbench.types import Protocol

METHODS = ("backbone", "fym", "lora")


def rows() -> list[Row]:
    return [
        Row(
            key=f"{method}{case}{metric}",
            suite="mini",
            case=f"{case}-1--p1",
            category="camera",
            reference=f"{case}-1",
            method=method,
            seed=0,
            metric=metric,
            status="ok",
            value=0.1 * place + step,
            signature=f"{metric}|v1",
        )
        for place, method in enumerate(METHODS, start=1)
        for step, case in ((0.0, "pan"), (0.02, "zoom"))
        for metric in ("mf", "clip_text")
    ]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    configuration = Configuration(
        plan_id="c0ffee",
        suite="mini",
        notice="",
        protocol=Protocol("mini-v1", 17, 8.0, 64, 64, "lk", 16),
        backbone="mini-wan",
        backbone_digest="w",
        encoder="mini-clip",
        encoder_digest="e",
        seeds=(0,),
        tune_seed=0,
        methods=tuple(MethodLine(name, name, "1", name == "backbone", False, "", {}) for name in METHODS),
        metrics=tuple(MetricLine(name, "1", "", "higher", "headline", 3) for name in ("mf", "clip_text")),
        cases=tuple(CaseLine(f"{case}-1--p1", "camera", f"{case}-1", "d") for case in ("pan", "zoom")),
        score_keys=(),
        manifest_digest="m",
        command="motionbench eval --method fym,lora",
    )
    provenance.write_record(tmp_path / "run.json", RunRecord(configuration, {}, tuple(rows())))
    return tmp_path / "run.json"


def run(record: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["table", "--from", str(record), *words])


@pytest.mark.parametrize(
    ("format", "beginning"),
    [("latex", "% motionbench-table: suite mini"), ("html", "<!doctype html>"), ("md", "**suite mini")],
)
def test_each_format_is_printed_on_stdout_alone(record: Path, format: str, beginning: str) -> None:
    done = run(record, "--format", format)
    assert done.exit_code == 0
    assert done.stdout.startswith(beginning)
    assert done.stderr == ""


@pytest.mark.parametrize(("format", "suffix"), [("latex", "tex"), ("html", "html"), ("md", "md"), ("csv", "csv")])
def test_a_table_that_was_just_written_passes_its_check(record: Path, tmp_path: Path, format: str, suffix: str) -> None:
    file = tmp_path / f"table.{suffix}"
    file.write_text(run(record, "--format", format).stdout)
    done = run(record, "--check", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"{file} is the table of {record}" in done.stderr


def test_a_stale_table_exits_4_with_the_line_and_the_command_that_renews_it(record: Path, tmp_path: Path) -> None:
    file = tmp_path / "tab1.tex"
    file.write_text(run(record, "--format", "latex", "--half-width", "--part", "overall").stdout)
    held = provenance.read_record(record)
    changed = [dataclasses.replace(r, value=0.9) if (r.method, r.metric) == ("fym", "mf") else r for r in held.scores]
    provenance.write_record(record, dataclasses.replace(held, scores=tuple(changed)))
    done = run(record, "--check", str(file))
    assert isinstance(done.exception, StaleError)
    assert done.exception.exit_code == 4
    message = str(done.exception)
    assert f"{file} is no longer the table of {record}; line " in message
    assert "in the file: " in message
    assert "lora" in message.splitlines()[1]
    assert "fym" in message.splitlines()[2]
    renewal = f"motionbench table --from {record} --format latex --part overall --half-width > {file}"
    assert message.endswith(f"Renew it: {renewal}")


def test_options_of_a_markdown_table_are_given_again(record: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.md"
    file.write_text(run(record, "--format", "md", "--half-width").stdout)
    assert run(record, "--check", str(file), "--half-width").exit_code == 0
    assert isinstance(run(record, "--check", str(file)).exception, StaleError)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--check", "table.pdf"), r"--check reads \.tex, \.html, \.md, \.csv, \.json, got table\.pdf"),
        (("--check", "missing.tex"), r"cannot read missing\.tex"),
        (("--format", "csv", "--calibrated"), "shape tables for reading; json and csv hold all"),
        (("--metric", "mff"), "the table has no column 'mff'; it has mf, clip_text"),
    ],
)
def test_what_cannot_be_shown_or_checked_says_why(record: Path, words: tuple[str, ...], message: str) -> None:
    done = run(record, *words)
    assert isinstance(done.exception, UsageError)
    with pytest.raises(UsageError, match=message):
        raise done.exception


def test_only_the_columns_asked_for(record: Path) -> None:
    text = run(record, "--format", "md", "--metric", "clip_text").stdout
    assert "| method | clip\\_text ↑ | tuning | n/N |" in text
    assert "mf" not in text


def test_quoted_numbers_are_those_of_the_tables_methods_and_apart(record: Path) -> None:
    text = run(record, "--format", "md", "--quoted").stdout
    before, after = text.split("**quoted from papers")
    assert "| fym | motion\\_fidelity | 0.971 |" in after
    assert "0.971" not in before
    assert "ditflow" not in after


def test_by_seed_reaches_the_csv_too(record: Path) -> None:
    assert "fym,mf,seed 0," in run(record, "--format", "csv", "--by", "seed").stdout


def test_the_table_of_a_store_is_checked_by_the_plan_in_its_header(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = provenance.read_record(record)
    asked: list[str] = []

    def plan(identity: str = "") -> Configuration:
        asked.append(identity)
        return held.configuration

    store = SimpleNamespace(plan=plan, plans=lambda: [held.configuration], root=tmp_path)
    monkeypatch.setattr("motionbench.store.Store.open", lambda folder, create: store)
    monkeypatch.setattr("motionbench.provenance.record", lambda store, configuration: held)
    file = tmp_path / "tab1.tex"
    file.write_text(run(record, "--format", "latex").stdout)
    done = CliRunner().invoke(app, ["table", "--store", str(tmp_path), "--check", str(file)])
    assert done.exit_code == 0, done.exception
    assert asked == ["c0ffee"]
