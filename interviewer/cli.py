"""The command line. Heavy imports stay inside the commands: ``--help`` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

from interviewer import __version__
from interviewer.commands import access, ats, backups, imports, interviews, network, nodes, plans, rescore, webhooks
from interviewer.commands.terminal import carry_out, carry_out_with_settings, read_settings, say

__all__ = ["app", "main"]

app = typer.Typer(
    name="interviewer",
    help="Melvin: spoken screening interviews in the browser, scored with evidence, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    app()


@app.callback(invoke_without_command=True)
def _version(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False
) -> None:
    if version:
        typer.echo(f"interviewer {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def serve() -> None:
    """Run everything on this machine: pages, interviews, API, database and one worker."""
    from interviewer.live.heap import keep_flat

    keep_flat()
    from interviewer import app as assembly
    from interviewer.first_run import announce

    settings = read_settings()

    async def run() -> None:
        await assembly.serve(settings, say, lambda service: announce(settings, service, say))

    carry_out(run)


@app.command()
def worker(
    roles: Annotated[
        str,
        typer.Option(metavar="ROLE,ROLE", help="transcribe, score, deliver: its work. All by default."),
    ] = "",
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Work off durable jobs (recordings, transcripts, scores). Run as many as wanted, with the same DATABASE_URL."""
    from interviewer import app as assembly
    from interviewer.jobs.child import end_with_parent

    if supervised:
        end_with_parent()
    settings = read_settings()
    wanted = [role.strip() for role in roles.split(",") if role.strip()]
    carry_out(lambda: assembly.work(settings, say, wanted))


@app.command()
def doctor() -> None:
    """Check this machine: models, ports, ICE, disk, sound, database; and say what to mend."""
    from interviewer.doctor import examine

    settings = read_settings()
    sound = True

    async def run() -> None:
        nonlocal sound
        sound = await examine(settings, typer.echo)

    carry_out(run)
    raise typer.Exit(0 if sound else 1)


for module in (interviews, imports, rescore, backups, network, nodes):
    module.register(app)
for group, name in ((access.keys, "keys"), (access.recruiters, "recruiters"), (plans.plans, "plans")):
    app.add_typer(group, name=name)
app.add_typer(ats.ats_commands(carry_out_with_settings), name="ats")
app.add_typer(webhooks.webhook_commands(carry_out_with_settings), name="webhooks")
