"""``interviewer webhooks``: where events are sent, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

__all__ = ["webhook_commands"]

Run = Callable[[Callable[[Any], Coroutine[Any, Any, None]]], None]
Test = Annotated[bool, typer.Option("--test", help="Of test mode: what test keys made.")]
EndpointId = Annotated[str, typer.Argument(help="The endpoint's id; `interviewer webhooks list` shows it.")]


def webhook_commands(run: Run) -> typer.Typer:
    """``run`` does the work with the settings and turns errors into sentences."""
    commands = typer.Typer(help="Webhooks: events sent to other programs.", no_args_is_help=True)

    def show(name: str, *args: Any) -> None:
        from interviewer.desk import webhooks as webhook_desk

        async def work(settings: Any) -> None:
            for line in await getattr(webhook_desk, name)(settings, lambda text: typer.echo(text, err=True), *args):
                typer.echo(line)

        run(work)

    @commands.command("add")
    def add(
        url: Annotated[str, typer.Argument(help="Where to send events.")],
        event: Annotated[
            list[str] | None, typer.Option("--event", help="An event; may be repeated. All where none is given.")
        ] = None,
        description: Annotated[str, typer.Option(help="What it is for.")] = "",
        private: Annotated[
            bool, typer.Option("--private", help="The address may be in a private network, and may be plain http.")
        ] = False,
        test: Test = False,
    ) -> None:
        """Send events to an address; prints the secret that signs them."""
        show("add", url, tuple(event or ()), description, private, test)

    @commands.command("list")
    def list_(test: Test = False) -> None:
        """The endpoints."""
        show("endpoints", test)

    @commands.command("remove")
    def remove(endpoint: EndpointId) -> None:
        """Send nothing to this endpoint any more."""
        show("remove", endpoint)

    @commands.command("rotate")
    def rotate(
        endpoint: EndpointId,
        hours: Annotated[int, typer.Option(min=0, max=168, help="How long the old secret signs as well.")] = 24,
    ) -> None:
        """Change an endpoint's secret; prints the new one."""
        show("rotate", endpoint, hours)

    @commands.command("deliveries")
    def deliveries(
        status: Annotated[str, typer.Option(help="failed, pending, delivered or all.")] = "failed",
        limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
        test: Test = False,
    ) -> None:
        """What was sent, or could not be; newest first."""
        show("deliveries", status, limit, test)

    @commands.command("replay")
    def replay(
        ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Deliveries (dlv_...), or `failed` for all.")],
        test: Test = False,
    ) -> None:
        """Deliver events again."""
        show("replay", tuple(ids), test)

    return commands
