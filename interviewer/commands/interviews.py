"""``interviewer invite``, ``replay``, ``retry``, ``ratings``, ``export``, ``delete``, ``retention``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interviewer.commands.terminal import carry_out, fail, read_settings, refusals, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    for command in (invite, replay, retry, ratings, export, delete, retention):
        app.command()(command)


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
    from interviewer.desk import errands

    variables: dict[str, str] = {}
    for pair in set_ or []:
        key, equals, value = pair.partition("=")
        if not equals:
            fail(f"--set {pair}: write it as NAME=VALUE, for example --set field=medicine")
        variables[key.strip()] = value
    settings = read_settings()

    async def run() -> None:
        link = await errands.invite(
            settings,
            say,
            plan=plan,
            name=name,
            email=email,
            variables=variables,
            accommodation=accommodation,
            days=days,
        )
        typer.echo(link)

    carry_out(run)


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

    settings = read_settings()
    with refusals():
        replayed = replaying.read(settings, say, recording, policy or [], pace=pace, language=language)
        if save is not None:
            replayed.save(save)
    if as_json:
        typer.echo(json.dumps(replaying.to_dict(replayed), ensure_ascii=False, indent=2))
    else:
        typer.echo(replaying.as_table(replayed))


def retry(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INTERVIEW]...", help="Interviews (int_...); all that failed where none is named."),
    ] = None,
) -> None:
    """Try again now what failed: writing out recordings, transcripts, scores. Workers do it, so one must be running."""
    from interviewer.desk import errands

    settings = read_settings()

    async def run() -> None:
        async for line in errands.retry(settings, say, tuple(ids or ())):
            typer.echo(line)

    carry_out(run)


def ratings(
    plan: Annotated[str | None, typer.Option(help="Answers of this plan alone.")] = None,
    rubric: Annotated[str | None, typer.Option(help="Levels by this rubric alone (its name).")] = None,
    with_hints: Annotated[
        bool, typer.Option("--with-hints", help="Also levels that were given with Melvin's in sight.")
    ] = False,
) -> None:
    """Print the levels that people gave on the pages, as JSON Lines for `python -m scoring calibrate`."""
    from interviewer.desk import ratings as desk

    settings = read_settings()

    async def run() -> None:
        async for line in desk.ratings(settings, say, plan=plan, rubric=rubric, with_hints=with_hints):
            typer.echo(line)

    carry_out(run)


def export(
    ids: Annotated[list[str], typer.Argument(metavar="INTERVIEW...", help="Interviews (int_...).")],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where each gets a folder of its own.")],
) -> None:
    """Write interviews as files: transcript (JSON, WebVTT), answers (CSV), scorecards, recordings, and their hashes."""
    from interviewer.desk import exporting

    settings = read_settings()

    async def run() -> None:
        async for line in exporting.export(settings, say, tuple(ids), to):
            typer.echo(line)

    carry_out(run)


def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Interviews (int_...) or invitations (inv_...).")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete interviews for good: rows, recordings, journals, and the candidate with the last invitation."""
    from interviewer.desk import errands

    settings = read_settings()
    if not yes:
        typer.confirm(f"Delete {len(ids)} for good? This cannot be undone.", abort=True)

    async def run() -> None:
        async for line in errands.delete(settings, say, tuple(ids)):
            typer.echo(line)

    carry_out(run)


def retention(
    days: Annotated[
        str | None, typer.Argument(help="Days after the end of an interview, or `forever`. Shows the rule without it.")
    ] = None,
) -> None:
    """Show or set after how many days what candidates said is deleted by itself; applied every hour by the worker."""
    from interviewer.desk import errands

    settings = read_settings()

    async def run() -> None:
        typer.echo(await errands.retention(settings, say, days))

    carry_out(run)
