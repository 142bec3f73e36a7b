"""``motionbench method``: what is installed, broken plug-ins with their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.cli.grids import Grid

if TYPE_CHECKING:
    from motionbench.specs import MethodSpec

methods = typer.Typer(help="Methods and controls.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A method's name.")]


@methods.command("list")
def list_methods() -> None:
    """Print every method, ours and those of plug-ins."""
    from motionbench import registry
    from motionbench.specs import MethodSpec

    grid = Grid(("method", "kind", "runs on", "status", "from", "summary"))
    for entry in registry.entries("methods"):
        spec = entry.spec
        if not isinstance(spec, MethodSpec):
            grid.add(entry.name, "broken", "", "", entry.distribution, entry.broken or "")
            continue
        kind = "control" if spec.control else "tuned" if spec.tuned else "untuned"
        grid.add(spec.name, kind, ", ".join(spec.backbones) or "—", spec.status, entry.distribution, spec.summary)
    grid.show()


@methods.command("info")
def info(name: Name) -> None:
    """Print all that a method's spec says: paper, code, licence, options, presets, reported numbers."""
    from motionbench import registry

    spec = registry.method(name)
    lines = [
        f"{spec.name} — {spec.summary}",
        f"paper      {spec.paper}",
        f"code       {spec.upstream or 'none published'}",
        f"licence    {spec.licence}",
        f"version    {spec.version}, {spec.status}",
        f"runs on    {', '.join(spec.backbones) or 'no backbone'}",
        f"sees       {', '.join(spec.inputs)}",
        *_options(spec),
        *[f"reported   {r.metric} {r.value:g} ({r.protocol}; {r.source}), theirs" for r in spec.paper_results],
    ]
    typer.echo("\n".join(lines))


def _options(spec: MethodSpec) -> list[str]:
    lines = [f"option     --set {spec.name}.{name}={value}" for name, value in spec.defaults.items()]
    for preset, values in spec.presets.items():
        applied = [backbone for backbone, name in spec.preset_of.items() if name == preset]
        where = f" (applied on {', '.join(applied)})" if applied else ""
        lines.append(f"preset     {preset}{where}: " + ", ".join(f"{name}={value}" for name, value in values.items()))
    return lines
