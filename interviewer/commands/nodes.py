"""``interviewer nodes``: which machines serve interviews, and which interviews are where."""

from __future__ import annotations

import typer

from interviewer.commands.terminal import carry_out, read_settings, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command()(nodes)


def nodes() -> None:
    """Show what runs where: every node that shares this database, its state, and the interviews that it holds."""
    from interviewer.desk.nodes import describe_nodes

    settings = read_settings()

    async def run() -> None:
        for line in await describe_nodes(settings, say):
            typer.echo(line)

    carry_out(run)
