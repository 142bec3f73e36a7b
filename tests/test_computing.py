"""``--quantise``, ``--tiled`` and ``--memory``: what decides keys and names, and what does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from motionbench import plan, request
from motionbench.errors import UsageError
from motionbench.request import Question, Request

ASKED = Question(("sdedit",), metrics=("clip_text",), controls=False, quick=True)


def resolved(**changes: Any) -> Request:
    return request.resolve(dataclasses.replace(ASKED, **changes))


def keys(asked: Request) -> set[str]:
    return {item.generation.key for item in plan.make(asked).scores}


@pytest.mark.parametrize("memory", ["offload", "stream"])
def test_where_weights_wait_is_in_the_spec_and_in_no_key_or_name(memory: str) -> None:
    plain, other = resolved(), resolved(memory=memory)
    assert other.backbone.memory == memory
    assert other.backbone_name == "mini-wan"
    assert keys(other) == keys(plain)


def test_what_moves_numbers_has_keys_and_a_name_of_its_own() -> None:
    asked = [{}, {"quantised": "int8"}, {"quantised": "float8"}, {"tiled": True}, {"quantised": "int8", "tiled": True}]
    found = [resolved(**changes) for changes in asked]
    names = ["mini-wan", "mini-wan@int8", "mini-wan@float8", "mini-wan@tiled", "mini-wan@int8+tiled"]
    assert [one.backbone_name for one in found] == names
    assert len(set.union(*map(keys, found))) == sum(len(keys(one)) for one in found)


@pytest.mark.parametrize("name", ["mini-wan@bfloat16+int8+tiled", "mini-wan@tiled+int8+bfloat16"])
def test_the_name_in_a_table_asks_for_the_same_again(name: str) -> None:
    options = resolved(dtype="bfloat16", quantised="int8", tiled=True)
    assert options.backbone_name == "mini-wan@bfloat16+int8+tiled"
    assert resolved(backbone=name).backbone_name == options.backbone_name
    assert keys(resolved(backbone=name)) == keys(options)


def test_an_option_goes_before_the_name() -> None:
    asked = resolved(backbone="mini-wan@bfloat16+int8", dtype="float32", quantised="float8")
    assert asked.backbone_name == "mini-wan@float8"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mini-wan@int8+float8", "'mini-wan@int8[+]float8' names two of a kind: int8 and float8"),
        ("mini-wan@bfloat16+float16", "names two of a kind: bfloat16 and float16"),
        ("mini-wan@int8+int8", "no backbone named 'mini-wan@int8[+]int8'"),
        ("mini-wan@int8+", "no backbone named 'mini-wan@int8[+]'"),
        ("mini-wan@offload", "no backbone named 'mini-wan@offload'"),
    ],
)
def test_a_name_of_no_variant_is_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolved(backbone=name)


def test_a_tuned_method_is_refused_where_blocks_are_streamed_before_anything_runs() -> None:
    with pytest.raises(UsageError, match=r"fym cannot tune a backbone in --memory stream: .*\nUse --memory offload"):
        resolved(methods=("fym",), memory="stream")
    assert resolved(methods=("fym",), memory="offload").backbone.memory == "offload"
