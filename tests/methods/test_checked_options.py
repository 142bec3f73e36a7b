from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest

from motionbench.errors import UsageError
from motionbench.methods.checked_options import CheckedOptions


@dataclass(frozen=True)
class _Options(CheckedOptions):
    METHOD: ClassVar[str] = "mine"
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"kind": ("warm", "cold")}
    LEAST: ClassVar[Mapping[str, float]] = {"steps": 2}
    POSITIVE: ClassVar[tuple[str, ...]] = ("rate",)

    kind: str = "warm"
    steps: int = 3
    rate: float = 0.5
    loud: bool = False


def test_what_is_not_named_keeps_its_default_and_text_is_read_as_the_defaults_kind():
    assert _Options.of({}) == _Options()
    assert _Options.of({"steps": "7", "rate": "1e-3", "loud": "yes", "kind": "cold"}) == _Options("cold", 7, 1e-3, True)
    assert _Options.of({"rate": 2}).rate == 2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 4}, "mine has no option 'step'; did you mean 'steps'?"),
        ({"kind": "hot"}, "mine.kind='hot'; expected one of warm, cold"),
        ({"kind": 3}, "mine.kind=3; expected a word, as in --set mine.kind=warm"),
        ({"steps": 1}, "mine.steps=1; expected 2 or more"),
        ({"steps": 2.5}, "mine.steps=2.5; expected a whole number, as in --set mine.steps=3"),
        ({"steps": True}, "expected a whole number"),
        ({"rate": 0}, "mine.rate=0.0; expected a positive number"),
        ({"rate": "nan"}, "expected a positive number"),
        ({"rate": True}, "expected a number"),
        ({"loud": "perhaps"}, "mine.loud='perhaps'; expected true or false"),
    ],
)
def test_an_error_names_the_option_and_what_was_expected(options, message):
    with pytest.raises(UsageError) as error:
        _Options.of(options)
    assert message in str(error.value)
