"""``motionbench method install``: builds the environment of a method that runs in its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from motionbench.errors import UsageError

if TYPE_CHECKING:
    from motionbench.specs import Environment, MethodSpec

Name = Annotated[str, typer.Argument(help="A method's name.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Again = Annotated[bool, typer.Option("--again", help="Build it anew although it is there.")]


def install(name: Name, yes: Yes = False, again: Again = False) -> None:
    """Show licences and weights, then build the method's own environment."""
    from motionbench import registry
    from motionbench.isolation import environments

    spec = registry.method(name)
    if spec.environment is None:
        typer.echo(f"{spec.name} runs beside MotionBench; there is nothing to install.")
        return
    folder = environments.folder_of(spec)
    if environments.is_built(spec) and not again:
        typer.echo(f"{spec.name} is installed in {folder}")
        return
    typer.echo("\n".join([*_terms(spec, spec.environment), f"folder     {folder}"]), err=True)
    if not yes:
        _ask(spec)
    typer.echo(f"Building; the log grows in {environments.log_of(folder)}", err=True)
    typer.echo(f"{spec.name} is installed in {environments.build(spec, again=again)}")


def _terms(spec: MethodSpec, environment: Environment) -> list[str]:
    """What a user agrees to."""
    packages = ", ".join(environment.requirements) or "none"
    return [
        f"{spec.name} — {spec.summary}",
        f"licence    {spec.licence or 'not declared'}",
        f"code       {spec.upstream or 'none published'}",
        *[f"weights    {line}, fetched when it first runs" for line in environment.weights],
        *([] if environment.weights else ["weights    none declared"]),
        f"packages   {f'those of {environment.lock}' if environment.lock else packages}",
        f"python     {environment.python or 'the one that runs MotionBench'}",
    ]


def _ask(spec: MethodSpec) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to agree: motionbench method install {spec.name} --yes")
    typer.confirm("Install?", abort=True, err=True)
