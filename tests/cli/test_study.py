"""``motionbench study`` on a run of the fakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from motionbench import registry
from motionbench.cli import app
from motionbench.errors import MissingResourceError, UsageError
from motionbench.gallery import licences
from motionbench.study import findings, records

LABEL = "fake-roll[mode=b,shift=2]"
MAKE = ("study", "make", "out", "--attention", "2", "--repeats", "1", "--raters", "4", "--private")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def respond(folder: str, to: str, raters: int = 4, better: str = LABEL) -> None:
    """Raters who prefer one method, and of others tie."""
    key = json.loads(Path(folder, "key.json").read_text(encoding="utf-8"))
    Path(to).mkdir(exist_ok=True)
    for rater, shown in enumerate(key["raters"][:raters], start=1):
        given = [{"item": one["id"], "answer": _choice(one, better), "seconds": 2.0} for one in shown]
        sheet = {"kind": "motionbench study answers", "schema_version": 1, "study": key["digest"], "rater": rater}
        Path(to, f"{rater}.json").write_text(json.dumps({**sheet, "consent": True, "answers": given}))


def _choice(one: Any, better: str) -> str:
    return one["right"] or {one["a"]: "a", one["b"]: "b"}.get(better, "tie")


@pytest.fixture
def desk(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    methods = "fake-roll,fake-roll:shift=2+mode=b,fake-raises,fake-still"
    run("eval", "--suite", "fake", "--metric", "fake_brightness,fake_motion", "--no-controls", "--method", methods)
    return tmp_path


def test_raters_get_a_folder_that_does_not_name_methods_and_the_key_is_beside_it(desk: Path) -> None:
    done = run(*MAKE, "--question", "motion,quality")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "out/for-raters/page.html\n"
    assert sorted(path.name for path in Path("out").iterdir()) == ["for-raters", "key.json"]
    key = records.read(Path("out"))
    # The controls take no part unless named.
    assert key.labels == ("fake-raises", "fake-roll", LABEL)
    assert "no video of fake-raises, so not in the study: pan-0 (seed 0), zoom-0 (seed 0)" in done.stderr
    assert {one.slot.case for shown in key.raters for one in shown} == {"ball-0", "car-0"}
    assert "keep key.json to yourself" in done.stderr
    files = [path for path in Path("out", "for-raters").rglob("*") if path.is_file()]
    for path in files:
        assert "fake" not in path.name
        assert path.suffix == ".webp" or "fake" not in path.read_text(encoding="utf-8")


def test_the_same_seed_makes_the_same_files(desk: Path) -> None:
    def made(folder: str, *words: str) -> dict[str, bytes]:
        assert run("study", "make", folder, *MAKE[3:], *words).exit_code == 0
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}

    first = made("a")
    assert made("b") == first
    assert made("c", "--seed", "1") != first


def test_a_video_is_under_another_name_than_in_the_gallery_and_no_study_is_overwritten(desk: Path) -> None:
    run(*MAKE)
    run("gallery", "shown", "--private")
    names = [{path.name for path in Path(folder, "pictures").iterdir()} for folder in ("out/for-raters", "shown")]
    assert names[0]
    assert not names[0] & names[1]
    done = run(*MAKE)
    assert isinstance(done.exception, UsageError)
    assert "out holds a study: its raters' answers need the key.json" in str(done.exception)


def test_clips_that_must_not_be_passed_on_are_left_out(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_words = [word for word in MAKE if word != "--private"]
    done = run(*open_words)
    assert isinstance(done.exception, UsageError)
    assert "nothing may be shown: pan (no licence is recorded)" in str(done.exception)
    monkeypatch.setattr(licences, "withheld", lambda suite, names: {name: "closed" for name in names if name == "pan"})
    done = run(*open_words)
    assert done.exit_code == 0, done.exception
    assert "left out, as they must not be passed on: pan (closed); --private shows them" in done.stderr
    key = records.read(Path("out"))
    assert {one.slot.reference for shown in key.raters for one in shown} == {"ball", "car"}


def test_a_method_that_sees_a_closed_clip_has_no_video_there(
    desk: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = fakes.module.PERFECT
    monkeypatch.setattr(fakes.module, "PERFECT", type(spec)(**{**vars(spec), "inputs": ("perfect", "other")}))
    registry.entries.cache_clear()
    methods = "fake-perfect,fake-roll"
    run("eval", "--suite", "fake", "--metric", "fake_motion", "--no-controls", "-m", methods)
    monkeypatch.setattr(licences, "neighbour", lambda suite, reference: "pan" if reference == "zoom" else "car")
    monkeypatch.setattr(licences, "withheld", lambda suite, names: {name: "closed" for name in names if name == "pan"})
    done = run(*[word for word in MAKE if word != "--private"], "-m", methods)
    assert done.exit_code == 0, done.exception
    assert "no video of fake-perfect, so not in the study: zoom-0 (seed 0)" in done.stderr
    key = records.read(Path("out"))
    assert {one.slot.case for shown in key.raters for one in shown} == {"ball-0", "car-0"}


def test_answers_are_collected_into_strengths_agreement_and_correlations(desk: Path) -> None:
    run(*MAKE, "-m", "fake-roll", "-m", LABEL, "-m", "fake-still")
    respond("out", "answers")
    done = run("study", "collect", "out", "answers", "--against", "fake_motion,fake_brightness", "--format", "json")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    [motion] = found["findings"]
    assert motion["strengths"][0]["method"]["label"] == LABEL
    assert motion["alpha"] == 1
    assert motion["repeated"]["hits"] == motion["repeated"]["of"] == 4
    moving, bright = motion["against"]
    # Nothing moves in a still video, so the metric has no value of it.
    assert (moving["tau"], moving["reason"]) == (None, "no clip has a score of every method")
    assert (bright["methods"], bright["clips"], bright["of_votes"]) == (3, 4, 16)
    assert motion["no_interval"] == ""
    for form in ("human", "md", "latex"):
        text = run("study", "collect", "out", "answers", "--format", form).stdout
        assert "4 of 4 raters count" in text
        assert "fake-still" in text


def test_faulty_answers_and_unknown_names_are_told(desk: Path) -> None:
    run(*MAKE)
    respond("out", "answers")
    Path("answers", "1.json").write_text("{}")
    done = run("study", "collect", "out", "answers")
    assert isinstance(done.exception, UsageError)
    assert "answers/1.json: kind: Field required" in str(done.exception)
    done = run(*MAKE[:2], "other", *MAKE[3:], "--question", "motoin")
    assert "there is no question 'motoin'; did you mean 'motion'?" in str(done.exception)
    done = run(*MAKE[:2], "other", *MAKE[3:], "-m", "fake-roll")
    assert "a study compares two methods or more that have videos" in str(done.exception)
    done = run("study", "collect", "out", "answers/2.json", "--against", "fake_motoin")
    assert "has no metric 'fake_motoin'; did you mean 'fake_motion'?" in str(done.exception)


def test_without_the_extra_collecting_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings.importlib.util, "find_spec", lambda name: None)
    done = run("study", "collect", "out", "answers")
    assert isinstance(done.exception, MissingResourceError)
    assert done.exception.exit_code == 6
    assert "pip install 'motionbench-transfer[study]'" in str(done.exception)
