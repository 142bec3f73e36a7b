"""A method's options: defaults, then a preset, then what the user sets by hand.

``resolve`` merges them; ``parse_assignments`` reads ``--set method.option=value`` with each value in the type of the
option's default.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motionbench.errors import UsageError
from motionbench.specs import MethodSpec, Options, OptionValue
from motionbench.spelling import suggest

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Choice:
    """A method with its resolved options."""

    spec: MethodSpec
    preset: str
    """Its name, or "" for the defaults."""
    options: Options
    by_hand: Options
    """The part of the options that the user set."""

    @functools.cached_property
    def label(self) -> str:
        """The method's name, and in brackets whatever the user chose: ``fym[preset=release,rank=8]``."""
        return _labelled(self.spec.name, {name: _spell(value) for name, value in self.by_hand.items()})


@dataclass(frozen=True)
class Variant:
    """A method as it is asked for."""

    method: str
    preset: str | None = None
    assignments: tuple[tuple[str, str], ...] = ()
    """Options and their values, as text."""

    @property
    def label(self) -> str:
        """That of the choice it asks for, where its values are written as the choice writes them."""
        chosen = {"preset": self.preset} if self.preset else {}
        return _labelled(self.method, {**chosen, **dict(self.assignments)})


def parse_variant(text: str) -> Variant:
    """``sdedit``, ``sdedit:low`` or ``fym:stride=2+rank=8``: a preset, options, or both; else raises UsageError."""
    method, colon, rest = text.partition(":")
    parts = [part.strip() for part in rest.split("+")] if colon else []
    presets = [part for part in parts if "=" not in part]
    if not method or not all(parts) or len(presets) > 1:
        raise UsageError(
            f"--method {text!r} is not NAME, NAME:PRESET or NAME:OPTION=VALUE+OPTION=VALUE, "
            "for example --method sdedit:low --method fym:rank=16"
        )
    pairs = tuple((option.strip(), value.strip()) for part in parts for option, e, value in [part.partition("=")] if e)
    return Variant(method.strip(), presets[0] if presets else None, pairs)


def resolve(spec: MethodSpec, backbone: str, preset: str | None, assignments: Sequence[tuple[str, str]]) -> Choice:
    """Defaults, the preset (``preset`` or the one that applies itself to the backbone), assignments; in this order."""
    name = preset if preset is not None else spec.preset_of.get(backbone, "")
    if name and name not in spec.presets:
        raise UsageError(f"{spec.name} has no preset {name!r}; {suggest(name, spec.presets)}")
    merged = {**spec.defaults, **(spec.presets[name] if name else {})}
    by_hand = {option: _parse(spec, merged, option, text) for option, text in assignments}
    marked = {"preset": preset, **by_hand} if preset else by_hand
    return Choice(spec, name, {**merged, **by_hand}, marked)


def parse_assignments(texts: Sequence[str]) -> list[tuple[str, str, str]]:
    """``fym.rank=8`` → ``("fym", "rank", "8")``; raises UsageError for any other form."""
    return [_split(text) for text in texts]


def _split(text: str) -> tuple[str, str, str]:
    target, equals, value = text.partition("=")
    method, dot, option = target.strip().rpartition(".")
    if not (equals and dot and method and option):
        raise UsageError(f"--set {text!r} is not METHOD.OPTION=VALUE, for example --set fym.rank=16")
    return method, option, value.strip()


def _parse(spec: MethodSpec, options: Mapping[str, OptionValue], option: str, text: str) -> OptionValue:
    if option not in options:
        raise UsageError(f"{spec.name} has no option {option!r}; {suggest(option, options)}")
    kind = type(options[option])
    try:
        return _boolean(text) if kind is bool else kind(text)
    except ValueError as error:
        raise UsageError(f"{spec.name}.{option} takes {_KINDS[kind]}, got {text!r}") from error


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _labelled(name: str, chosen: Mapping[str, str]) -> str:
    listing = ",".join(f"{option}={text}" for option, text in sorted(chosen.items()))
    return f"{name}[{listing}]" if listing else name


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(text)


def _spell(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
