"""``interviewer rescore``: many answers under a new rubric or by another judge."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from interviewer.commands.terminal import carry_out, read_settings, say

__all__ = ["register"]

_MANY = "May be repeated."


def register(app: typer.Typer) -> None:
    app.command()(rescore)


def rescore(
    rubric: Annotated[
        str | None, typer.Option(help="A rubric's name or file (.yaml). Each answer's own where none is given.")
    ] = None,
    judge: Annotated[str | None, typer.Option(help="embedded, chat, local or panel; the usual one by default.")] = None,
    plan: Annotated[str | None, typer.Option(help="Answers of this plan alone.")] = None,
    question: Annotated[list[str] | None, typer.Option(help=f"Answers to this question alone. {_MANY}")] = None,
    interview: Annotated[list[str] | None, typer.Option(metavar="ID", help=f"This interview alone. {_MANY}")] = None,
    answer: Annotated[list[str] | None, typer.Option(metavar="ID", help=f"This answer alone. {_MANY}")] = None,
    after: Annotated[datetime | None, typer.Option(help="Interviews that ended then or later (UTC).")] = None,
    before: Annotated[datetime | None, typer.Option(help="Interviews that ended before that (UTC).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge and report, and store no scorecard.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show how far it is, until it is done.")] = False,
) -> None:
    """Score many answers again. Prints the run's id; workers do it in the background."""
    from interviewer.desk import rescoring

    settings = read_settings()
    wish = rescoring.wish(
        rubric=Path(rubric) if rubric is not None and rubric.endswith((".yaml", ".yml")) else rubric,
        judge=judge,
        plan=plan,
        questions=tuple(question or ()),
        interviews=tuple(interview or ()),
        answers=tuple(answer or ()),
        after=after,
        before=before,
        dry_run=dry_run,
    )

    async def run() -> None:
        async for line in rescoring.rescore(settings, say, wish, wait=wait):
            typer.echo(line)

    carry_out(run)
