"""``motionbench data`` in this process, against a manifest and clips of its own."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner, Result

from motionbench.cli import app
from motionbench.data.video import write_mp4
from motionbench.errors import MissingResourceError, MotionBenchError, UsageError
from motionbench.mini import world

HEADER = """\
schema_version: 1
protocols:
  mini-v1: {frames: 17, fps: 8.0, height: 64, width: 64, tracker: lk, grid: 16}
suites:
  mini: {summary: two files, protocol: mini-v1, tags: [mini]}
  mini-full: {summary: a rendered clip, protocol: mini-v1, tags: [full]}
clips:
"""
CLIP = """\
  - id: {name}
    category: human
    source:
      file: {{path: {name}.mp4}}
      url: https://example.org/clips/{name}.mp4
      sha256: {sha}
      bytes: {size}
    reference_prompt: a figure
    prompts: [{{id: p1, text: a robot}}]
    licence: CC-BY-4.0
    attribution: somebody
    tier: {tier}
    tags: [mini]
"""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two files of the suite ``mini`` of a manifest in use, and an empty cache."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    text = HEADER
    for name, tier, motion in (("first", "A", "walk"), ("second", "B", "jump")):
        write_mp4(folder / f"{name}.mp4", world.render(world.Recipe("human", motion, 5, 6)).video)
        data = (folder / f"{name}.mp4").read_bytes()
        text += CLIP.format(name=name, tier=tier, sha=hashlib.sha256(data).hexdigest(), size=len(data))
    recipe = world.Recipe("camera", "pan", 7, 8)
    text += (
        f"  - id: pan-1\n    category: camera\n    source: {{procedural: {{motion: pan, motion_seed: 7, look_seed: 8}},"
        f" sha256: {world.digest(recipe)}}}\n    reference_prompt: {world.render(recipe).caption}\n"
        "    prompts: [{id: p1, look_seed: 8, text: x}]\n    licence: Apache-2.0\n    tags: [full]\n"
    )
    (tmp_path / "manifest.yaml").write_text(text)
    monkeypatch.setenv("MOTIONBENCH_MANIFEST", str(tmp_path / "manifest.yaml"))
    monkeypatch.setenv("MOTIONBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MOTIONBENCH_CLIPS", raising=False)
    monkeypatch.delenv("MOTIONBENCH_DATA", raising=False)
    return folder


def run(*words: str) -> Result:
    done = CliRunner().invoke(app, ["data", *words])
    assert done.exception is None, (done.exception, done.output)
    return done


def refused(kind: type[MotionBenchError], *words: str) -> tuple[str, Result]:
    done = CliRunner().invoke(app, ["data", *words])
    assert isinstance(done.exception, kind), (done.exception, done.output)
    return str(done.exception), done


def test_fetch_shows_the_licences_before_it_begins(mirror: Path, tmp_path: Path) -> None:
    done = run("fetch", "mini", "--mirror", mirror.as_uri())
    assert done.stdout == f"2 of 2 files are here: {tmp_path / 'cache'}\n"
    lines = done.stderr.splitlines()
    assert lines[0].startswith("2 files (0.0 MB) that are others' work, under:")
    assert lines[1].startswith("  CC-BY-4.0, tier A: somebody (1 file,")
    assert "do not pass them or their frames on" in lines[3]
    assert lines[-1].startswith("fetch 2/2 ")
    again = run("fetch", "mini", "--mirror", "/nowhere")
    assert again.stderr == ""
    assert again.stdout == done.stdout


def test_fetch_takes_the_mirror_from_its_variable_and_single_clips(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_MIRROR", str(mirror))
    assert run("fetch", "second").stdout.startswith("1 of 1 files are here")
    assert [path.name for path in (tmp_path / "cache").rglob("*.mp4")] == ["second.mp4"]


def test_fetch_tells_every_failure_and_keeps_what_came(mirror: Path) -> None:
    (mirror / "first.mp4").unlink()
    message, done = refused(MissingResourceError, "fetch", "mini", "--mirror", str(mirror))
    assert message == "1 of 2 files did not come; the lines above say why"
    assert MissingResourceError.exit_code == 6
    assert "first.mp4 is not at file://" in done.stderr
    assert done.stdout.startswith("1 of 2 files are here")


def test_fetch_of_rendered_suites_has_nothing_to_do(mirror: Path) -> None:
    assert run("fetch", "mini-full").stdout.startswith("0 of 0 files are here")


def test_verify_says_what_is_unfetched_and_exits_6_where_it_was_asked_for(mirror: Path) -> None:
    message, done = refused(MissingResourceError, "verify", "mini")
    assert "not every reference of mini can be used" in message
    assert done.stdout == "mini: 0 of 2 references verified\n"
    assert "mini first: the clip first is not on this machine" in done.stderr
    assert "mini second: the clip second is not on this machine" in done.stderr


def test_verify_of_everything_passes_over_suites_that_were_not_fetched(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motionbench import registry
    from motionbench.data.suites import MINI

    entry = registry.Entry("suites", "mini", "mini", "motionbench-transfer", MINI, None)
    monkeypatch.setattr(registry, "entries", lambda kind: (entry,))
    assert run("verify").stdout == "mini: not fetched; type: motionbench data fetch mini\n"


def test_what_was_fetched_is_verified_without_the_mirror(mirror: Path) -> None:
    run("fetch", "mini", "--mirror", str(mirror))
    for file in mirror.iterdir():
        file.unlink()
    assert run("verify", "mini").stdout == "mini: 2 of 2 references verified\n"


def test_list_shows_the_clips_of_a_suite_and_whether_they_are_here(mirror: Path) -> None:
    run("fetch", "first", "--mirror", str(mirror))
    rows = [line.split("\t") for line in run("list", "mini").stdout.splitlines()]
    assert rows[0] == ["clip", "category", "licence", "tier", "size", "here", "caption"]
    assert rows[1][:4] == ["first", "human", "CC-BY-4.0", "A"]
    assert [row[5] for row in rows[1:]] == ["yes", "no"]
    assert run("list", "mini-full").stdout.splitlines()[1].split("\t")[5] == "rendered"
    message, _ = refused(UsageError, "list", "minni")
    assert "no suite named 'minni'; did you mean 'mini'?" in message


def test_add_prints_an_entry_on_stdout_and_advice_on_stderr(mirror: Path) -> None:
    done = run("add", str(mirror / "first.mp4"), "--category", "human", "--caption", "a figure walks", "--start", "2")
    [entry] = yaml.safe_load(done.stdout)
    assert entry["id"] == "first"
    assert entry["source"]["file"] == {"path": "first.mp4", "start": 2}
    assert entry["source"]["video"] == {"width": 64, "height": 64, "frames": 17, "fps": "8"}
    assert "data verify SUITE" in done.stderr


def test_croissant_goes_to_stdout_or_to_a_file(mirror: Path, tmp_path: Path) -> None:
    printed = run("croissant", "mini").stdout
    assert [file["@id"] for file in json.loads(printed)["distribution"]] == ["first.mp4", "second.mp4"]
    run("croissant", "mini", "-o", str(tmp_path / "mini.json"))
    assert (tmp_path / "mini.json").read_text() == printed


def test_categories_are_those_of_the_cases() -> None:
    from motionbench.cli.data import Category
    from motionbench.types import CATEGORIES

    assert tuple(Category) == CATEGORIES


@pytest.fixture
def archive(mirror: Path) -> Path:
    """The mirror, which also has the archive of a data set with one sequence."""
    written = mirror / "davis.zip"
    with zipfile.ZipFile(written, "w") as packed:
        for number in range(50):
            picture = io.BytesIO()
            Image.new("RGB", (72, 48), (5 * number, 90, 90)).save(picture, "JPEG")
            packed.writestr(f"DAVIS/JPEGImages/480p/bear/{number:05d}.jpg", picture.getvalue())
    digest = hashlib.sha256(written.read_bytes()).hexdigest()
    manifest = mirror.parent / "manifest.yaml"
    manifest.write_text(
        manifest.read_text().replace(
            "clips:\n",
            "datasets:\n  davis-2017:\n    summary: sequences\n    protocol: mini-v1\n    homepage: https://example.org\n"
            f"    licence: for research\n    archive: {{url: https://example.org/davis.zip, sha256: {digest},"
            f" bytes: {written.stat().st_size}, folder: DAVIS}}\nclips:\n",
            1,
        )
    )
    return mirror


def test_a_data_set_is_fetched_by_its_name_alone(archive: Path) -> None:
    assert "type: motionbench data fetch davis-2017" in refused(MissingResourceError, "list", "davis-2017")[0]
    everything = run("fetch", "--mirror", str(archive))
    assert "davis-2017" not in everything.output
    done = run("fetch", "davis-2017", "--mirror", str(archive))
    assert "davis-2017 is others' work (https://example.org, 0.0 MB), under: for research" in done.stderr
    assert done.stdout.startswith("davis-2017 is here: ")
    assert "under:" not in run("fetch", "davis-2017", "first", "--mirror", str(archive)).stderr
    listed = run("list", "davis-2017").stdout.splitlines()
    assert listed[1].split("\t")[:3] == ["bear", "single_object", "4"]
    assert "davis-2017: 1 of 1 references verified" in run("verify", "davis-2017").stdout
    row = next(line for line in run("list").stdout.splitlines() if line.startswith("davis-2017"))
    assert row.split("\t")[1:3] == ["4", "1"]


def test_a_data_set_that_is_not_here_is_listed_and_passed_over(archive: Path) -> None:
    row = next(line for line in run("list").stdout.splitlines() if line.startswith("davis-2017"))
    assert row.split("\t")[1] == "not fetched"
    assert "did you mean 'davis-2017'" in refused(UsageError, "fetch", "davis-2071")[0]


def test_one_data_set_that_lacks_its_list_hides_no_other(archive: Path) -> None:
    captions = Path(archive.parent, "cache", "datasets", "davis-2017", "en", "single_track.txt")
    captions.parent.mkdir(parents=True)
    captions.write_text("a_1.mp4,a dog runs\n")
    message, done = refused(MissingResourceError, "verify")
    assert "mini-full: " in done.stdout
    assert "holds 1 MoveBench clips (first: a_1.mp4) and no prompts.csv" in done.stderr
    assert "davis-2017" in message
    assert "a_1.mp4,single_object,," in refused(MissingResourceError, "verify", "davis-2017")[0]
