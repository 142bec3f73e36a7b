"""``--config FILE`` and ``--show-config``: one YAML file a run, with the options of a command by their names.

A flag goes before a variable, a variable before the file, the file before the default. Names are those of the flags
without their dashes; what can be given several times is a list, and ``set`` may be a mapping::

    method: [fym, sdedit:low]
    suite: core
    set: {fym.rank: 16}
    seeds: [0, 1, 2]

What ``--show-config`` prints is such a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from motionbench.cli import options
from motionbench.errors import UsageError
from motionbench.spelling import suggest

_NOT_IN_FILES = {options.CONFIG, options.SHOW_CONFIG, "--help"}
_OF_TABLES = "format"
"""A plan prints no table: it passes over how a file wants it printed."""
_OF_RUNS = {"shard", "executor", "workers", "gpus", "with", "timeout", "retry-failed", "events"}
"""A plan is of the whole, whoever does it."""
_FILE, _LINES = "motionbench.config", "motionbench.config.lines"
_UNSET = {
    "suite": "mini",
    "encoder": "mini-clip on mini-wan and random weights, else vit-b-32",
    "seeds": "0",
    "metric": "all that are computed unasked",
}
"""What it means that an option is not given."""


def read(context: typer.Context, file: Path | None) -> Path | None:
    """Make a file's values the defaults of a command; raises UsageError with a line for each fault."""
    if file is None or context.resilient_parsing or _says_nothing(file):
        return file
    from motionbench.data import yaml_lines

    document = yaml_lines.parse(file)
    if not isinstance(document.data, dict):
        raise UsageError(f"{document.fault((), 'expected options and values, such as method: fym')}")
    known = _options(context)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in document.data.items():
        if context.command.name == "plan" and name in _OF_RUNS:
            continue
        try:
            option = _find(known, str(name))
            values |= _read_value(context, option, name, value)
        except ValueError as error:
            faults.append(document.fault((str(name),), str(error)))
    if faults:
        raise UsageError("\n".join(faults))
    context.default_map = values
    context.meta[_FILE] = file.name
    context.meta[_LINES] = {
        known[name].name: document.line((name,)) for name in map(str, document.data) if name in known
    }
    return file


def _says_nothing(file: Path) -> bool:
    """Whether there are only blank lines and comments."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


def _options(context: typer.Context) -> dict[str, Any]:
    """The options of a command that a file may have, by the names that it has for them."""
    found = {_flag(option): option for option in context.command.params if option.opts}
    return {flag.removeprefix("--"): option for flag, option in found.items() if flag not in _NOT_IN_FILES}


def _flag(option: Any) -> str:
    return str(next(flag for flag in option.opts if flag.startswith("--")))


def _find(known: dict[str, Any], name: str) -> Any:
    if name not in known:
        raise ValueError(f"there is no such option; {suggest(name, known)}")
    return known[name]


def _read_value(context: typer.Context, option: Any, name: str, value: Any) -> dict[str, Any]:
    """The option's value as the command line would have it; {} where the file leaves it open."""
    foreign = name == _OF_TABLES and context.command.name == "plan"
    if value is None or foreign:
        return {}
    wanted = _spelt(option, value)
    try:
        option.process_value(context, wanted)
    except Exception as error:  # as many kinds as there are types of options
        message = str(getattr(error, "message", error))
        raise ValueError(message.removeprefix("Value error, ")) from error
    return {option.name: wanted}


def _spelt(option: Any, value: Any) -> Any:
    if isinstance(value, dict) and option.multiple:
        value = [f"{key}={_text(part)}" for key, part in value.items()]
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        raise ValueError(f"expected a value or a list of values, got {value!r}")
    if getattr(option, "is_flag", False):
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, got {value!r}")
        return value
    if option.multiple:
        return [_text(part) for part in (value if isinstance(value, list) else [value])]
    return ",".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def show(context: typer.Context) -> None:
    """Print what the command would use as YAML, and behind each value where it is from."""
    lines = [(_entry(name, context.params[option.name]), _source(context, option)) for name, option in _shown(context)]
    width = max(len(entry) for entry, _ in lines)
    for entry, source in lines:
        typer.echo(f"{entry:{width}}  # {source}")


def _shown(context: typer.Context) -> Iterable[tuple[str, Any]]:
    return [(name, option) for name, option in _options(context).items() if option.name in context.params]


def _entry(name: str, value: Any) -> str:
    import json

    def plain(part: Any) -> Any:
        if isinstance(part, list | tuple):
            return [plain(each) for each in part]
        return part if part is None or isinstance(part, bool | int | float) else str(getattr(part, "value", part))

    # JSON of one line is YAML, and quotes whatever YAML would read as something else.
    return f"{name}: {json.dumps(plain(value), ensure_ascii=False)}"


def _source(context: typer.Context, option: Any) -> str:
    source = getattr(context.get_parameter_source(option.name), "name", "DEFAULT")
    if source == "COMMANDLINE":
        return _flag(option)
    if source == "ENVIRONMENT":
        return str(option.envvar)
    if source == "DEFAULT_MAP":
        return f"{context.meta[_FILE]}:{context.meta[_LINES][option.name]}"
    meant = _UNSET.get(_flag(option).removeprefix("--")) if context.params[option.name] in (None, ()) else None
    return f"default: {meant}" if meant else "default"
