"""``interviewer ats``: applicant tracking systems that send candidates."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

__all__ = ["ats_commands"]

Run = Callable[[Callable[[Any], Coroutine[Any, Any, None]]], None]


def ats_commands(run: Run) -> typer.Typer:
    """``run`` does the work with the settings and turns errors into sentences."""
    commands = typer.Typer(help="Applicant tracking systems: Greenhouse and Ashby.", no_args_is_help=True)

    def show(name: str, *args: Any) -> None:
        from interviewer.desk import ats as ats_desk

        async def work(settings: Any) -> None:
            for line in await getattr(ats_desk, name)(settings, lambda text: typer.echo(text, err=True), *args):
                typer.echo(line)

        run(work)

    @commands.command("add")
    def add(
        kind: Annotated[str, typer.Argument(help="greenhouse or ashby.")],
        name: Annotated[str, typer.Option(help="What it is for.")] = "",
        plan: Annotated[
            list[str] | None, typer.Option("--plan", help="A plan to offer; may be repeated. All where none is given.")
        ] = None,
        api_key: Annotated[
            str | None, typer.Option(help="Ashby's own API key, by which it is told of results.")
        ] = None,
        callback: Annotated[
            str | None, typer.Option(help="Greenhouse: the host of its addresses. Ashby: the address of its API.")
        ] = None,
        private: Annotated[bool, typer.Option("--private", help="It may be in a private network.")] = False,
        test: Annotated[bool, typer.Option("--test", help="What it asks for are test objects.")] = False,
    ) -> None:
        """Let a system send candidates; prints its key and the addresses to give to it."""
        show("add", kind, name, tuple(plan or ()), api_key, callback, private, test)

    @commands.command("list")
    def list_() -> None:
        """The systems."""
        show("connections")

    @commands.command("remove")
    def remove(connection: Annotated[str, typer.Argument(help="Its id; `interviewer ats list` shows it.")]) -> None:
        """Take a system's rights away, for good and at once."""
        show("remove", connection)

    return commands
