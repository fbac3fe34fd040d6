"""``interviewer plans``: the interviews as written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interviewer.commands.terminal import read_settings, refusals

__all__ = ["plans"]

plans = typer.Typer(help="Interview plans.", no_args_is_help=True)


@plans.command("list")
def list_plans() -> None:
    """The plans in the prompts folder, with their variables."""
    from interviewer.desk import errands

    settings = read_settings()
    with refusals():
        for line in errands.describe_plans(settings):
            typer.echo(line)


@plans.command("check")
def check_plans(
    folder: Annotated[Path | None, typer.Argument(help="A prompts folder; the configured one by default.")] = None,
) -> None:
    """Check every plan, rubric, persona and phrase file; all faults at once, with file, line and reason."""
    from interviewer.plans.library import Library, default_folder

    with refusals():
        library = Library.load(folder or read_settings().prompts_folder or default_folder())
        typer.echo(f"{len(library.names())} plans are good: {', '.join(library.names())}")
