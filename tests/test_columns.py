"""Columns: a metric under several encoders, and prompts that an encoder cannot read whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motionbench import plan, request, run
from motionbench.cli.screen import Plain
from motionbench.columns import columns
from motionbench.encoders.open_clip_encoder import OpenClipEncoder
from motionbench.encoders.watched import WatchedEncoder
from motionbench.errors import UsageError
from motionbench.leaderboard import notes
from motionbench.leaderboard.aggregate import board
from motionbench.request import Question
from motionbench.specs import EncoderSpec
from motionbench.store import Store
from motionbench.weights import model_folder

COPY = f"local-dir:{model_folder('package:mini-clip')}"
"""The same weights under another name."""
TWO = ("mini-clip", "ViT-B-32/laion2b_s34b_b79k")


def digest(spec: EncoderSpec) -> str:
    return f"weights of {spec.name}"


def test_each_further_encoder_gives_columns_of_its_own_to_the_metrics_that_need_one() -> None:
    found = columns(["motion_fidelity[local]", "clip_text", "leakage"], TWO, digest)
    other = "ViT-B-32/laion2b_s34b_b79k"
    assert [column.name for column in found] == [
        "motion_fidelity[local]",
        "clip_text",
        f"clip_text@{other}",
        "leakage",
        f"leakage@{other}",
    ]
    assert [column.encoder_digest for column in found[:3]] == ["", "weights of mini-clip", f"weights of {other}"]


def test_an_encoder_named_twice_is_one_column() -> None:
    assert len(columns(["clip_text"], ("mini-clip", "mini-clip"), digest)) == 1


def test_no_encoder_is_opened_where_no_metric_needs_one() -> None:
    def missing(spec: EncoderSpec) -> str:
        raise AssertionError(spec.name)

    assert len(columns(["motion_fidelity[local]"], TWO, missing)) == 1


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    for parent in "ab":
        (tmp_path / parent / "model").mkdir(parents=True)
    addresses = [f"local-dir:{tmp_path / parent / 'model'}" for parent in "ab"]
    with pytest.raises(UsageError, match="two encoders are called local-dir:model"):
        columns(["clip_text"], addresses, digest)


def test_a_score_is_the_same_object_whichever_place_its_encoder_has() -> None:
    keys = []
    for encoders in (("mini-clip",), (COPY, "mini-clip")):
        made = plan.make(request.resolve(Question((), metrics=("clip_text",), encoders=encoders)))
        keys.append({item.key for item in made.scores})
    assert keys[0] == keys[1]


class Reader:
    """Reads four letters."""

    signature = "reader"

    def images(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.ones((len(frames), 1), np.float32)

    def text(self, prompt: str) -> NDArray[np.float32]:
        return np.ones(1, np.float32)

    def truncated_tokens(self, prompt: str) -> int:
        return max(0, len(prompt) - 4)


def test_the_most_that_a_prompt_lost_is_remembered_until_reset() -> None:
    watched = WatchedEncoder(Reader())
    assert watched.signature == "reader"
    watched.text("abcdefg")
    watched.text("abcde")
    assert watched.truncated_tokens == 3
    watched.reset()
    watched.images(np.zeros((2, 4, 4, 3), np.uint8))
    assert watched.truncated_tokens == 0


@pytest.mark.usefixtures("fakes")
def test_rows_and_tables_tell_of_prompts_that_were_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenClipEncoder, "truncated_tokens", lambda self, prompt: 5)
    question = Question(("fake-roll",), suite="fake", metrics=("clip_text", "clip_temporal"), controls=False)
    made = plan.make(request.resolve(dataclasses.replace(question, encoders=("mini-clip", COPY))))
    with pytest.warns(UserWarning, match="reads only the first"):
        rows = run.Run(made, Store.open(tmp_path / "store"), Plain()).execute().rows
    found = {row.metric: {other.truncated_tokens for other in rows if other.metric == row.metric} for row in rows}
    assert found == {
        "clip_text": {5},
        "clip_text@local-dir:mini-clip": {5},
        "clip_temporal": {0},
        "clip_temporal@local-dir:mini-clip": {0},
    }
    assert (
        "clip_text: the encoder reads only the beginning of the prompts of 4 cases (ball-0, car-0, pan-0…); "
        "up to 5 tokens are not read"
    ) in notes.notes(board(made.configuration(), rows))
