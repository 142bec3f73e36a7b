"""``motionbench method list`` and ``info``: what is installed, broken plug-ins with their reason."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli import options
from motionbench.cli.grids import Grid

if TYPE_CHECKING:
    from motionbench.registry import Entry
    from motionbench.specs import MethodSpec


class ListFormat(StrEnum):
    """How specs are printed."""

    human = "human"
    json = "json"


Name = Annotated[str, typer.Argument(help="A method's name.")]
Form = Annotated[ListFormat, typer.Option("--format", help="How it is printed.", rich_help_panel=options.OUTPUT)]


def list_methods(format: Form = ListFormat.human) -> None:
    """Print every method, ours and those of plug-ins."""
    from motionbench import registry
    from motionbench.specs import MethodSpec

    entries = registry.entries("methods")
    if format is ListFormat.json:
        _print({"schema_version": 1, "methods": [_record(entry) for entry in entries]})
        return
    grid = Grid(("method", "kind", "runs on", "status", "from", "summary"))
    for entry in entries:
        spec = entry.spec
        if not isinstance(spec, MethodSpec):
            grid.add(entry.name, "broken", "", "", entry.distribution, entry.broken or "")
            continue
        runs_on = ", ".join(spec.backbones) or "—"
        grid.add(spec.name, _kind(spec), runs_on, spec.status, entry.distribution, spec.summary)
    grid.show()


def info(name: Name, format: Form = ListFormat.human) -> None:
    """Print all that a method's spec says: paper, code, licence, options, presets, reported numbers."""
    from motionbench import registry

    spec = registry.method(name)
    entry = next(entry for entry in registry.entries("methods") if entry.spec is spec)
    if format is ListFormat.json:
        _print({"schema_version": 1, "method": _record(entry)})
        return
    lines = [
        f"{spec.name} — {spec.summary}",
        f"paper      {spec.paper or 'none'}",
        f"code       {spec.upstream or 'none published'}",
        f"licence    {spec.licence}",
        f"version    {spec.version}, {spec.status}",
        f"kind       {_kind(spec)}",
        f"runs on    {', '.join(spec.backbones) or 'no backbone'}",
        f"sees       {', '.join(spec.inputs)}",
        f"from       {entry.distribution}",
        *_declared(spec),
        *_options(spec),
        *[f"reported   {r.metric} {r.value:g} ({r.protocol}; {r.source}), theirs" for r in spec.paper_results],
    ]
    typer.echo("\n".join(lines))


def _kind(spec: MethodSpec) -> str:
    """The word for how a method acts."""
    return "control" if spec.control else "tuned" if spec.tuned else "training-free"


def _declared(spec: MethodSpec) -> list[str]:
    lines = ["seed       ignored: nothing is random"] if not spec.random else []
    if spec.noise_from:
        lines.append(f"starts     from noise of {'the seed alone' if spec.noise_from == 'seed' else 'the reference'}")
    if spec.memory_bytes is not None:
        lines.append(f"memory     at most {spec.memory_bytes / (1 << 20):,.0f} MiB, as declared")
    if spec.environment is not None:
        lines.append(f"process    of its own: motionbench method install {spec.name}")
    return lines


def _options(spec: MethodSpec) -> list[str]:
    lines = [f"option     --set {spec.name}.{name}={value}" for name, value in spec.defaults.items()]
    for preset, values in spec.presets.items():
        applied = [backbone for backbone, name in spec.preset_of.items() if name == preset]
        where = f" (applied on {', '.join(applied)})" if applied else ""
        lines.append(f"preset     {preset}{where}: " + ", ".join(f"{name}={value}" for name, value in values.items()))
    return lines


def _record(entry: Entry) -> dict[str, object]:
    """The fields of a spec, and where it comes from; ``broken`` is null where it can be used."""
    import dataclasses

    fields = dataclasses.asdict(entry.spec) if entry.spec is not None else {"name": entry.name}
    return {**fields, "alias": entry.alias, "distribution": entry.distribution, "broken": entry.broken}


def _print(record: dict[str, object]) -> None:
    import json

    typer.echo(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False))
