"""``--dtype`` and ``--backbone NAME@DTYPE``: the spec, the keys and the names that tables show."""

from __future__ import annotations

import dataclasses

import pytest

from motionbench import plan, registry, request
from motionbench.errors import UsageError
from motionbench.request import Question, Request

ASKED = Question(("sdedit",), metrics=("clip_text",), controls=False, quick=True)


def resolved(**changes: str) -> Request:
    return request.resolve(dataclasses.replace(ASKED, **changes))  # type: ignore[arg-type]


def keys(asked: Request) -> set[str]:
    return {item.generation.key for item in plan.make(asked).scores}


def test_the_backbones_own_dtype_changes_nothing() -> None:
    own = registry.backbone("mini-wan").dtype
    plain = resolved()
    assert plain.backbone == registry.backbone("mini-wan")
    assert plain.backbone_name == resolved(dtype=own).backbone_name == "mini-wan"
    assert keys(plain) == keys(resolved(dtype=own)) == keys(resolved(backbone=f"mini-wan@{own}"))


def test_another_dtype_has_keys_and_a_name_of_its_own() -> None:
    other = resolved(dtype="bfloat16")
    assert other.backbone.dtype == "bfloat16"
    assert other.backbone.name == "mini-wan"
    assert plan.make(other).configuration().backbone == "mini-wan@bfloat16"
    assert keys(other).isdisjoint(keys(resolved()))


def test_the_name_in_a_table_asks_for_the_same_again() -> None:
    assert keys(resolved(backbone="mini-wan@bfloat16")) == keys(resolved(dtype="bfloat16"))
    assert resolved(backbone="mini-wan@bfloat16", dtype="float32").backbone_name == "mini-wan"


def test_an_unknown_dtype_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UsageError, match="computes in float32, bfloat16, float16, not in 'int8'"):
        resolved(dtype="int8")
    with pytest.raises(UsageError, match="no backbone named 'mini-wan@int7'; did you mean 'mini-wan'"):
        resolved(backbone="mini-wan@int7")
