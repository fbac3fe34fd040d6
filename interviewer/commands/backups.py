"""``interviewer backup`` and ``interviewer restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interviewer.commands.terminal import carry_out, read_settings, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    for command in (backup, restore):
        app.command()(command)


def backup(
    target: Annotated[
        Path,
        typer.Argument(metavar="FILE_OR_FOLDER", help="A new file, or a folder for one that is named by the time."),
    ],
    objects: Annotated[
        bool,
        typer.Option("--objects/--no-objects", help="Leave recordings out where their store has a backup of its own."),
    ] = True,
) -> None:
    """Keep everything in one file, with hashes; Melvin may go on running meanwhile."""
    from interviewer.desk import backups

    settings = read_settings()

    async def run() -> None:
        for line in await backups.backup(settings, say, target, with_objects=objects):
            typer.echo(line)

    carry_out(run)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `interviewer backup` made.")],
) -> None:
    """Put a backup into a fresh data folder (and an empty database, where DATABASE_URL names one)."""
    from interviewer.desk import backups

    settings = read_settings()

    async def run() -> None:
        for line in await backups.restore(settings, say, source):
            typer.echo(line)

    carry_out(run)
