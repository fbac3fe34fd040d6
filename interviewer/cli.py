"""The command line. Heavy imports stay inside the commands: ``--help`` answers at once."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from interviewer import __version__
from interviewer.webhook_cli import webhook_commands

__all__ = ["app", "main"]

app = typer.Typer(
    name="interviewer",
    help="Melvin: spoken screening interviews in the browser, scored with evidence, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
recruiters = typer.Typer(help="Recruiter accounts.", no_args_is_help=True)
plans = typer.Typer(help="Interview plans.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(recruiters, name="recruiters")
app.add_typer(plans, name="plans")
app.add_typer(webhook_commands(lambda work: _run_with_settings(work)), name="webhooks")


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
    from interviewer import app as assembly
    from interviewer.first_run import announce

    settings = _settings()

    async def run() -> None:
        await assembly.serve(settings, _say, lambda service: announce(settings, service, _say))

    _run(run)


@app.command()
def worker(
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Work off durable jobs (recordings, transcripts, scores). Run as many as wanted, with the same DATABASE_URL."""
    from interviewer import app as assembly
    from interviewer.jobs.child import end_with_parent

    if supervised:
        end_with_parent()
    settings = _settings()
    _run(lambda: assembly.work(settings, _say))


@app.command()
def doctor() -> None:
    """Check this machine: models, ports, ICE, disk, sound, database; and say what to mend."""
    from interviewer.doctor import examine

    settings = _settings()
    sound = True

    async def run() -> None:
        nonlocal sound
        sound = await examine(settings, typer.echo)

    _run(run)
    raise typer.Exit(0 if sound else 1)


@app.command()
def invite(
    plan: Annotated[str, typer.Argument(help="Name of the plan; `interviewer plans list` shows them.")],
    name: Annotated[str, typer.Option(help="The candidate's name.")] = "Candidate",
    email: Annotated[str | None, typer.Option(help="The candidate's e-mail address, stored and never sent to.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A variable of the plan; may be repeated.")
    ] = None,
    accommodation: Annotated[float, typer.Option(help="1.0, 1.25, 1.5 or 2.0: stretches every time limit.")] = 1.0,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long the link is good for.")] = 7,
) -> None:
    """Make an invitation and print its link, which cannot be shown again."""
    from interviewer import commands

    variables: dict[str, str] = {}
    for pair in set_ or []:
        key, equals, value = pair.partition("=")
        if not equals:
            _fail(f"--set {pair}: write it as NAME=VALUE, for example --set field=medicine")
        variables[key.strip()] = value
    settings = _settings()

    async def run() -> None:
        link = await commands.invite(
            settings,
            _say,
            plan=plan,
            name=name,
            email=email,
            variables=variables,
            accommodation=accommodation,
            days=days,
        )
        typer.echo(link)

    _run(run)


@app.command()
def coturn(
    host: Annotated[str, typer.Argument(help="The name by which browsers reach the TURN server.")],
) -> None:
    """Print a configuration for coturn, and the setting that goes with it."""
    from interviewer import commands

    with _refusals():
        configuration, setting = commands.coturn(_settings(), host)
    typer.echo(configuration, nl=False)
    _say(f"Melvin's side: {setting}")


@app.command()
def replay(
    recording: Annotated[
        str,
        typer.Argument(help="An interview's id, a folder that --save wrote, or a sound file with one answer."),
    ],
    policy: Annotated[
        list[str] | None, typer.Option("--policy", metavar="P", help="A turn policy; may be repeated. All by default.")
    ] = None,
    pace: Annotated[
        str | None, typer.Option(help="brisk, normal or relaxed, instead of what the candidate chose.")
    ] = None,
    language: Annotated[str, typer.Option(help="What is spoken in a sound file.")] = "en",
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the script and event log there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What each turn policy would have done in every pause of a recorded interview."""
    import json

    from interviewer import replaying

    settings = _settings()
    with _refusals():
        replayed = replaying.read(settings, _say, recording, policy or [], pace=pace, language=language)
        if save is not None:
            replayed.save(save)
    if as_json:
        typer.echo(json.dumps(replaying.to_dict(replayed), ensure_ascii=False, indent=2))
    else:
        typer.echo(replaying.as_table(replayed))


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Interviews (int_...) or invitations (inv_...).")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete interviews for good: rows, recordings, journals, and the candidate with the last invitation."""
    from interviewer import commands

    settings = _settings()
    if not yes:
        typer.confirm(f"Delete {len(ids)} for good? This cannot be undone.", abort=True)

    async def run() -> None:
        async for line in commands.delete(settings, _say, tuple(ids)):
            typer.echo(line)

    _run(run)


@app.command()
def retention(
    days: Annotated[
        str | None, typer.Argument(help="Days after the end of an interview, or `forever`. Shows the rule without it.")
    ] = None,
) -> None:
    """Show or set after how many days what candidates said is deleted by itself; applied every hour by the worker."""
    from interviewer import commands

    settings = _settings()

    async def run() -> None:
        typer.echo(await commands.retention(settings, _say, days))

    _run(run)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A scope; may be repeated. All scopes where none is given.")
    ] = None,
) -> None:
    """Make an API key and print it once."""
    from interviewer import commands

    settings = _settings()

    async def run() -> None:
        typer.echo(await commands.create_key(settings, _say, name, tuple(scope or ())))

    _run(run)


@keys.command("list")
def list_keys() -> None:
    """The API keys: when each was made and last used, and what it may do."""
    from interviewer import commands

    settings = _settings()

    async def run() -> None:
        for line in await commands.describe_keys(settings, _say):
            typer.echo(line)

    _run(run)


@keys.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id; `interviewer keys list` shows it.")]) -> None:
    """Take an API key's rights away, for good and at once."""
    from interviewer import commands

    settings = _settings()
    _run(lambda: commands.revoke_key(settings, _say, key))


@recruiters.command("add")
def add_recruiter(
    email: Annotated[str, typer.Argument(help="E-mail address to sign in with.")],
    name: Annotated[str, typer.Option(help="Name shown beside decisions.")] = "",
) -> None:
    """Make a recruiter account, or give an existing one a new one-time password; printed once."""
    from interviewer import commands

    settings = _settings()

    async def run() -> None:
        typer.echo(await commands.add_recruiter(settings, _say, email, name))

    _run(run)


@plans.command("list")
def list_plans() -> None:
    """The plans in the prompts folder, with their variables."""
    from interviewer import commands

    settings = _settings()
    with _refusals():
        for line in commands.describe_plans(settings):
            typer.echo(line)


@plans.command("check")
def check_plans(
    folder: Annotated[Path | None, typer.Argument(help="A prompts folder; the configured one by default.")] = None,
) -> None:
    """Check every plan, rubric, persona and phrase file; all faults at once, with file, line and reason."""
    from interviewer.plans.library import Library, default_folder

    with _refusals():
        library = Library.load(folder or _settings().prompts_folder or default_folder())
        typer.echo(f"{len(library.names())} plans are good: {', '.join(library.names())}")


# ---------------------------------------------------------------------- what all commands share


def _run_with_settings(work: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    settings = _settings()
    _run(lambda: work(settings))


def _settings() -> Any:
    from pydantic import ValidationError

    from interviewer.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"  {_setting(e['loc'])}{e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        _fail("These settings cannot be used:\n" + "\n".join(lines))
    _configure_logs(settings.log_format, settings.log_level)
    return settings


def _setting(place: tuple[int | str, ...]) -> str:
    """The variable's name; nothing where several variables do not go together, which the reason then names."""
    return f"MELVIN_{'_'.join(str(p) for p in place).upper()}: " if place else ""


def _configure_logs(how: str, level: str) -> None:
    import structlog

    as_json = how == "json" or (how == "auto" and not sys.stderr.isatty())
    numeric = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(
        level=max(numeric, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _say(text: str) -> None:
    """Progress of long steps; the terminal shows it, standard output stays for results."""
    typer.echo(text, err=True)


def _fail(message: str) -> Any:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with _refusals():
        try:
            asyncio.run(work())
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise typer.Exit(130) from None


class _refusals:
    """Errors that a person can mend become a sentence and an exit code; all others keep their traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or kind is None:
            return
        from interviewer.commands import MENDABLE

        if isinstance(error, MENDABLE):
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
