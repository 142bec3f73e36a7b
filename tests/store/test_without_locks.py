"""A store on a file system without locks, as some network ones are: correct by renames alone."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from motionbench.store import Meta, Store, locking

KEY = "a" * 64


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locking.fcntl, "flock", refuse)
    return Store.open(tmp_path / "store")


def fill(store: Store, text: str) -> None:
    with store.objects.filling("generate", KEY) as folder:
        (folder / "payload").write_text(text)
        store.objects.commit("generate", KEY, folder, Meta(seconds=1.0))


def payload(store: Store) -> str:
    return (store.objects.path("generate", KEY) / "payload").read_text()


def test_objects_are_made_and_the_first_stays(store: Store) -> None:
    fill(store, "first")
    fill(store, "second")
    assert payload(store) == "first"
    assert store.objects.verify() == []


def test_of_two_that_pass_the_check_together_one_wins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []
    done = store.objects.done

    def blind_once(stage: str, key: str) -> bool:
        looked.append(True)
        return False if len(looked) == 1 else done(stage, key)  # type: ignore[arg-type]

    fill(store, "first")
    monkeypatch.setattr(store.objects, "done", blind_once)
    monkeypatch.setattr(store.objects, "_put_aside", lambda target: None)
    fill(store, "second")
    assert payload(store) == "first"
    assert list((store.root / "work").glob("generate-*")) == []


def test_a_tuning_under_way_is_taken_over_with_what_it_has(store: Store) -> None:
    with store.objects.resuming("tune", KEY) as folder:
        (folder / "half").write_text("half")
    with store.objects.resuming("tune", KEY) as first:
        assert (first / "half").read_text() == "half"
        with store.objects.resuming("tune", KEY) as second:
            assert not first.exists()
            store.objects.commit("tune", KEY, second, Meta())
    assert (store.objects.path("tune", KEY) / "half").read_text() == "half"
    assert [path for path in (store.root / "work").iterdir() if path.is_dir()] == []


def test_another_error_of_a_lock_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(locking.fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output"):
        locking.wait(0)
    with pytest.raises(OSError, match="Input/output"):
        locking.attempt(0)
