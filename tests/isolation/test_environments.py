"""Building environments, without network."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from motionbench.errors import MissingResourceError, UsageError
from motionbench.isolation import environments
from motionbench.specs import Environment, MethodSpec


def needing(spec: MethodSpec, environment: Environment) -> MethodSpec:
    return dataclasses.replace(spec, environment=environment)


def script(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_a_built_environment_is_left_alone_until_it_is_asked_for_again(spec: MethodSpec) -> None:
    folder = environments.folder_of(spec)
    before = (folder / "environment.json").stat().st_mtime_ns
    assert environments.build(spec) == folder
    assert (folder / "environment.json").stat().st_mtime_ns == before
    assert json.loads((folder / "environment.json").read_text())["method"] == "isolated-fake"


def test_a_half_built_environment_is_not_there_and_is_built_anew(
    spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path))
    folder = environments.folder_of(spec)
    (folder / "bin").mkdir(parents=True)
    (folder / "left.txt").write_text("by a build that was killed")
    assert not environments.is_built(spec)
    environments.build(spec)
    assert environments.is_built(spec)
    assert not (folder / "left.txt").exists()


def test_what_is_asked_for_decides_where_it_lies(spec: MethodSpec, tmp_path: Path) -> None:
    package = tmp_path / "locked"
    package.mkdir()
    (package / "__init__.py").touch()
    variants = [Environment(()), Environment(("a==1",)), Environment(("a==1", "b==2")), Environment((), python="3.9")]
    folders = {environments.folder_of(needing(spec, one)) for one in variants}
    assert len(folders) == len(variants)
    assert environments.digest(Environment((), weights=("w",))) == environments.digest(Environment(()))


def test_the_content_of_a_lock_file_counts_and_a_lost_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "locked_package"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    locked = Environment((), lock="locked_package:exact.txt")
    with pytest.raises(MissingResourceError, match=r"the lock file locked_package:exact\.txt is not there"):
        environments.digest(locked)
    (package / "exact.txt").write_text("numpy==1.24.4\n")
    before = environments.digest(locked)
    (package / "exact.txt").write_text("numpy==1.26.4\n")
    assert environments.digest(locked) != before


def test_uv_is_used_where_it_is_there(spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    script(
        tmp_path / "bin",
        "uv",
        f'echo "$@" >> {calls}\nfor last; do :; done\n[ "$1" = venv ] && mkdir -p "$last/bin"\ntrue',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path / "root"))
    folder = environments.build(needing(spec, Environment(("numpy==1.24.4", "diffusers==0.16.0"), python="3.9")))
    assert calls.read_text().splitlines() == [
        f"venv --python 3.9 {folder}",
        f"pip install --python {folder}/bin/python numpy==1.24.4 diffusers==0.16.0",
    ]


def test_a_python_that_is_not_there_is_named_with_the_way_out(
    spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path / "root"))
    with pytest.raises(MissingResourceError, match=r"needs Python 3\.7, and there is no python3\.7; .*pip install uv"):
        environments.build(needing(spec, Environment((), python="3.7")))


def test_an_installer_that_fails_is_quoted_and_leaves_nothing_built(
    spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "bin", "uv", 'echo "No solution found: torch==9"; exit 4')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path / "root"))
    with pytest.raises(MissingResourceError) as caught:
        environments.build(spec)
    assert "cannot build the environment of isolated-fake: exit code 4 of" in str(caught.value)
    assert "No solution found: torch==9" in str(caught.value)
    assert not environments.is_built(spec)


def test_a_method_that_runs_beside_motionbench_needs_none(spec: MethodSpec) -> None:
    with pytest.raises(UsageError, match="isolated-fake needs no environment of its own"):
        environments.folder_of(dataclasses.replace(spec, environment=None))


def test_a_folder_that_cannot_be_written_is_named(
    spec: MethodSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(environments.ROOT_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(MissingResourceError, match=r"cannot write .*\n.*MOTIONBENCH_ENVIRONMENTS=DIR"):
        environments.build(spec)
