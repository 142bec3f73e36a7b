"""What the options of every method have in common: defaults with their kinds, limits, and errors that say what to type.

A method's options are a frozen dataclass that inherits from ``CheckedOptions``. Light on purpose: the specs, and so
every listing, read it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from motionbench.errors import UsageError
from motionbench.specs import Options, OptionValue
from motionbench.spelling import suggest

YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


@dataclass(frozen=True)
class CheckedOptions:
    """Fields with defaults, whose kinds are those of the defaults; construction checks the values."""

    METHOD: ClassVar[str] = ""
    """Name in messages and in ``--set METHOD.NAME=VALUE``."""
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Words that an option may be."""
    LEAST: ClassVar[Mapping[str, float]] = {}
    """Lowest values."""
    POSITIVE: ClassVar[tuple[str, ...]] = ()
    """Options that are not 0."""

    def __post_init__(self) -> None:
        for name, choices in self.CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"{self.METHOD}.{name}={getattr(self, name)!r}; expected one of {', '.join(choices)}")
        for name, least in self.LEAST.items():
            if not getattr(self, name) >= least:
                raise UsageError(f"{self.METHOD}.{name}={getattr(self, name)}; expected {least:g} or more")
        for name in self.POSITIVE:
            if not getattr(self, name) > 0:
                raise UsageError(f"{self.METHOD}.{name}={getattr(self, name)}; expected a positive number")

    @classmethod
    def of(cls, options: Options) -> Self:
        """Defaults with these changes; raises UsageError for an unknown name or a value of the wrong kind."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name in options:
            if name not in fields:
                raise UsageError(f"{cls.METHOD} has no option {name!r}; {suggest(name, fields)}")
        converted: dict[str, Any] = {
            name: cls._converted(name, value, fields[name].default) for name, value in options.items()
        }
        return cls(**converted)

    @classmethod
    def _converted(cls, name: str, value: OptionValue, default: object) -> OptionValue:
        """The value as the kind of the default; text from a command line is read as that kind."""
        try:
            return _as_kind(value, default)
        except ValueError as error:
            expected = f"{_KINDS[type(default)]}, as in --set {cls.METHOD}.{name}={default}"
            raise UsageError(f"{cls.METHOD}.{name}={value!r}; expected {expected}") from error


def _as_kind(value: OptionValue, default: object) -> OptionValue:
    if isinstance(default, bool):
        return _truth(value)
    if isinstance(default, int):
        return _whole(value)
    if isinstance(default, float) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, str) and isinstance(value, str):
        return value
    raise ValueError(value)


def _truth(value: OptionValue) -> bool:
    word = str(value).lower()
    if word not in YES + NO:
        raise ValueError(word)
    return word in YES


def _whole(value: OptionValue) -> int:
    if isinstance(value, bool) or float(value) != int(float(value)):
        raise ValueError(value)
    return int(float(value))
