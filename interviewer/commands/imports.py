"""``interviewer import``: answers that were given elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interviewer.commands.terminal import carry_out, read_settings, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help='JSON Lines: {"key": "...", "text": "..."} in each line, or "audio".')],
    rubric: Annotated[str | None, typer.Option(help="Judge the answers by this rubric.")] = None,
    plan: Annotated[str | None, typer.Option(help="Or: the plan whose question they answer.")] = None,
    question: Annotated[str | None, typer.Option(help="The question's id, with --plan.")] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help='Where the files of sound lie that "audio" names in a line.')
    ] = None,
) -> None:
    """Bring in answers that were given elsewhere; they are scored, and scoring runs can choose them."""
    from interviewer.desk import importing

    settings = read_settings()

    async def run() -> None:
        done = importing.import_file(settings, say, file, rubric=rubric, plan=plan, question=question, audio=audio)
        async for line in done:
            typer.echo(line)

    carry_out(run)
