"""``motionbench gallery`` on a run of the fakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from motionbench import registry
from motionbench.cli import app
from motionbench.errors import UsageError
from motionbench.gallery import licences

LABEL = "fake-roll[mode=b,shift=2]"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def data(folder: str) -> Any:
    html = Path(folder, "index.html").read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def pictures(folder: str) -> set[str]:
    return {path.stem for path in Path(folder, "pictures").iterdir()}


@pytest.fixture
def desk(tmp_path: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    methods = "fake-roll,fake-roll:shift=2+mode=b,fake-raises,fake-still"
    metrics = "fake_brightness,fake_motion"
    run(
        "eval",
        "--suite",
        "fake",
        "--metric",
        metrics,
        "--no-controls",
        "--method",
        methods,
        "--seed",
        "0",
        "--seed",
        "1",
    )
    return tmp_path


def test_every_case_seed_and_method_is_a_cell_with_its_video_scores_and_points(desk: Path) -> None:
    done = run("gallery", "out", "--private")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "out/index.html\n"
    shown = data("out")
    assert [(one["case"], one["seed"]) for one in shown["exhibits"][:3]] == [("pan-0", 0), ("pan-0", 1), ("zoom-0", 0)]
    assert [method["label"] for method in shown["methods"]] == ["fake-raises", "fake-roll", LABEL, "fake-still"]
    cells = {cell["method"]: cell for cell in shown["exhibits"][1]["cells"]}
    assert cells["fake-raises"]["still"]["reason"] == "RuntimeError: weights [exploded]"
    assert cells["fake-still"]["values"][1] is None
    assert cells["fake-still"]["reasons"][1] == "nothing moves"
    assert Path("out", "points", f"{cells[LABEL]['still']['name']}.js").is_file()


def test_a_cell_shows_the_video_of_its_own_method_case_and_seed(desk: Path) -> None:
    from motionbench_fakes import pixels

    run("gallery", "out", "--private")
    exhibit = next(one for one in data("out")["exhibits"] if (one["case"], one["seed"]) == ("ball-0", 1))
    still = next(cell["still"] for cell in exhibit["cells"] if cell["method"] == LABEL)
    for name, frames in (
        (still["name"], np.roll(pixels("ball"), 2 + 1, axis=1)),
        (exhibit["reference"]["name"], pixels("ball")),
    ):
        decoded = cv2.imread(str(Path("out", "pictures", f"{name}.webp")))[:, :, ::-1]
        np.testing.assert_array_equal(decoded[:16, 16:32], frames[1])


def test_clips_without_a_licence_are_left_out_and_nothing_of_them_stays(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("gallery", "out")
    assert isinstance(done.exception, UsageError)
    assert "nothing may be shown: pan (no licence is recorded)" in str(done.exception)
    everything = run("gallery", "out", "--private")
    assert "Keep this folder to yourself: it shows pan (no licence" in everything.stderr
    before = pictures("out")
    monkeypatch.setattr(licences, "withheld", lambda suite, names: {name: "closed" for name in names if name == "pan"})
    done = run("gallery", "out")
    assert "Left out, as they must not be passed on: pan (closed). --private shows them." in done.stderr
    shown = data("out")
    assert {one["case"] for one in shown["exhibits"]} == {"zoom-0", "ball-0", "car-0"}
    assert shown["withheld"] == [{"clip": "pan", "reason": "closed"}]
    assert pictures("out") < before
    assert len(pictures("out")) == 3 + sum(
        bool(cell["still"]["name"]) for one in shown["exhibits"] for cell in one["cells"]
    )


def test_a_method_that_sees_another_clip_shows_nothing_where_that_clip_is_closed(
    desk: Path, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = fakes.module.PERFECT
    monkeypatch.setattr(fakes.module, "PERFECT", type(spec)(**{**vars(spec), "inputs": ("perfect", "other")}))
    registry.entries.cache_clear()
    assert (
        run("eval", "--suite", "fake", "--metric", "fake_motion", "--no-controls", "-m", "fake-perfect").exit_code == 0
    )
    monkeypatch.setattr(licences, "neighbour", lambda suite, reference: "pan" if reference == "zoom" else "car")
    monkeypatch.setattr(licences, "withheld", lambda suite, names: {name: "closed" for name in names if name == "pan"})
    assert run("gallery", "out").exit_code == 0
    stills = {one["case"]: one["cells"][0]["still"] for one in data("out")["exhibits"]}
    assert stills["zoom-0"] == {"name": "", "points": False, "reason": "left out: made of the clip pan, closed"}
    assert stills["ball-0"]["name"]


def test_methods_may_be_chosen_and_the_store_stands_in_the_receipt(desk: Path) -> None:
    assert run("gallery", "out", "--private", "-m", f"{LABEL}", "-m", "fake-still").exit_code == 0
    assert [method["label"] for method in data("out")["methods"]] == [LABEL, "fake-still"]
    Path("motionbench-store").rename("other store")
    done = run("gallery", "out", "--private", "-m", "fake-rol", "--store", "other store")
    assert "the run has no method 'fake-rol'; did you mean 'fake-roll'?" in str(done.exception)
    assert run("gallery", "out", "--private", "--store", "other store").exit_code == 0
    tail = data("out")["tail"]
    assert re.fullmatch(r"--plan [0-9a-f]{12} --store 'other store'", tail)
    assert run("why", "fake-roll", "fake_motion", "pan-0", *tail.replace("'", "").split(" ", 3)).exit_code == 0


def test_the_gallery_again_decodes_nothing_again(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("gallery", "out", "--private")
    first = data("out")
    monkeypatch.setattr("motionbench.stages.load_video", None)
    assert run("gallery", "out", "--private").exit_code == 0
    assert data("out") == first


def test_videos_are_files_for_players_where_they_are_asked_for(desk: Path) -> None:
    assert run("gallery", "out", "--private", "--video", "webm,h264").exit_code == 0
    shown = data("out")
    assert shown["grid"]["films"] == ["webm", "mp4"]
    names = {shown["exhibits"][0]["reference"]["name"]}
    assert names <= {path.stem for path in Path("out", "films").glob("*.mp4")}
    assert names <= {path.stem for path in Path("out", "films").glob("*.webm")}
    assert not pictures("out")
    assert run("gallery", "out", "--private").exit_code == 0
    assert "films" not in data("out")["grid"]
    assert not list(Path("out", "films").iterdir())


def test_other_kinds_of_video_are_refused(desk: Path) -> None:
    for given in ("mp4", "sprite,webm", "h264,gif"):
        done = run("gallery", "out", "--private", "--video", given)
        assert isinstance(done.exception, UsageError)
        assert f"--video is sprite, h264, webm or h264,webm, not '{given}'" in str(done.exception)


def test_large_frames_are_files_of_both_kinds_unless_told(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motionbench.gallery.pictures.exact", lambda protocol, grid: False)
    assert run("gallery", "out", "--private").exit_code == 0
    assert data("out")["grid"]["films"] == ["mp4", "webm"]


def test_one_file_is_written_alone_and_a_large_one_is_told(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(Path().iterdir())
    done = run("gallery", "out.html", "--private", "--one-file")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "out.html\n"
    assert set(Path().iterdir()) - before == {Path("out.html")}
    assert "MB" not in done.stderr
    monkeypatch.setattr("motionbench.gallery.onefile.LARGE", 0)
    assert "too large for most mail" in run("gallery", "out.html", "--private", "--one-file").stderr
    Path("mine.html").write_text("my thesis")
    assert "something else than a gallery" in str(run("gallery", "mine.html", "--private", "--one-file").exception)
    assert Path("mine.html").read_text() == "my thesis"
