"""``interviewer keys`` and ``interviewer recruiters``: who may come in."""

from __future__ import annotations

from typing import Annotated

import typer

from interviewer.commands.terminal import carry_out, read_settings, say

__all__ = ["keys", "recruiters"]

keys = typer.Typer(help="API keys.", no_args_is_help=True)
recruiters = typer.Typer(help="Recruiter accounts.", no_args_is_help=True)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A scope; may be repeated. All scopes where none is given.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="It makes and sees test objects alone.")] = False,
) -> None:
    """Make an API key and print it once."""
    from interviewer.desk import errands

    settings = read_settings()

    async def run() -> None:
        typer.echo(await errands.create_key(settings, say, name, tuple(scope or ()), test))

    carry_out(run)


@keys.command("list")
def list_keys() -> None:
    """The API keys: when each was made and last used, and what it may do."""
    from interviewer.desk import errands

    settings = read_settings()

    async def run() -> None:
        for line in await errands.describe_keys(settings, say):
            typer.echo(line)

    carry_out(run)


@keys.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id; `interviewer keys list` shows it.")]) -> None:
    """Take an API key's rights away, for good and at once."""
    from interviewer.desk import errands

    settings = read_settings()
    carry_out(lambda: errands.revoke_key(settings, say, key))


@recruiters.command("add")
def add_recruiter(
    email: Annotated[str, typer.Argument(help="E-mail address to sign in with.")],
    name: Annotated[str, typer.Option(help="Name shown on the recruiter's own pages.")] = "",
) -> None:
    """Make a recruiter account, or give one that exists or was removed a new one-time password; printed once."""
    from interviewer.desk import recruiters as desk

    settings = read_settings()

    async def run() -> None:
        typer.echo(await desk.add_recruiter(settings, say, email, name))

    carry_out(run)


@recruiters.command("list")
def list_recruiters() -> None:
    """Who may sign in, and who is signed in."""
    from interviewer.desk import recruiters as desk

    settings = read_settings()

    async def run() -> None:
        for line in await desk.describe_recruiters(settings, say):
            typer.echo(line)

    carry_out(run)


@recruiters.command("remove")
def remove_recruiter(email: Annotated[str, typer.Argument(help="E-mail address of the account.")]) -> None:
    """Sign a recruiter out everywhere, at once and for good."""
    from interviewer.desk import recruiters as desk

    settings = read_settings()

    async def run() -> None:
        typer.echo(await desk.remove_recruiter(settings, say, email))

    carry_out(run)
