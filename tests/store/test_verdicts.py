"""The last self-check in a store, as far as tables need it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from motionbench.errors import NotComparableError, UsageError
from motionbench.store import Rejection, Store


@dataclass(frozen=True)
class Found:
    """The parts of a self-check that are read again."""

    verdicts: tuple[dict[str, Any], ...]
    schema_version: int = 1
    rule: str = "oracle > half-speed > each of frozen"
    share: float = 0.95
    tracks: str = "dis-flow@1"


def verdict(metric: str, admitted: bool | None, ordered: int | None = 3) -> dict[str, Any]:
    return {"metric": metric, "version": "1", "admitted": admitted, "ordered": ordered, "clips": 24}


def test_a_store_without_a_check_rejects_nothing(tmp_path: Path) -> None:
    assert Store.open(tmp_path / "store").rejections() == ()


def test_only_what_is_not_admitted_is_rejected_with_its_reason(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    path = store.save_self_check(Found((verdict("a", False), verdict("b", True), verdict("c", None, None))))
    assert path == tmp_path / "store" / "selfcheck.json"
    assert store.rejections() == (
        Rejection(
            "a",
            "1",
            "the self-check does not admit it as a headline: oracle > half-speed > each of frozen on 3 of 24 clips "
            "of known motion, 95% are asked for (tracks: dis-flow@1)",
        ),
    )


def test_the_last_check_counts(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    store.save_self_check(Found((verdict("a", False),)))
    store.save_self_check(Found((verdict("a", True),)))
    assert store.rejections() == ()


def test_a_check_of_a_newer_motionbench_is_refused(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    store.save_self_check(Found((), schema_version=99))
    with pytest.raises(NotComparableError, match="schema_version 99"):
        store.rejections()


def test_a_file_that_is_no_check_says_how_to_make_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    (store.root / "selfcheck.json").write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(UsageError, match=r"not a self-check of MotionBench: 'verdicts'\nMake it again: motionbench"):
        store.rejections()
