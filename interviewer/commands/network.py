"""``interviewer coturn``: what stands between browsers and Melvin."""

from __future__ import annotations

from typing import Annotated

import typer

from interviewer.commands.terminal import read_settings, refusals, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    for command in (coturn,):
        app.command()(command)


def coturn(
    host: Annotated[str, typer.Argument(help="The name by which browsers reach the TURN server.")],
) -> None:
    """Print a configuration for coturn, and the setting that goes with it."""
    from interviewer.desk import errands

    with refusals():
        configuration, setting = errands.coturn(read_settings(), host)
    typer.echo(configuration, nl=False)
    say(f"Melvin's side: {setting}")
