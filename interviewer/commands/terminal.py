"""What all commands share: settings, logs, and errors as sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import typer

__all__ = ["carry_out", "carry_out_with_settings", "fail", "read_settings", "refusals", "say"]


def carry_out_with_settings(work: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    settings = read_settings()
    carry_out(lambda: work(settings))


def read_settings() -> Any:
    from pydantic import ValidationError

    from interviewer.commands.logs import configure_logs
    from interviewer.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"  {_setting(e['loc'])}{e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        fail("These settings cannot be used:\n" + "\n".join(lines))
    configure_logs(settings.log_format, settings.log_level)
    return settings


def _setting(place: tuple[int | str, ...]) -> str:
    """The variable's name; nothing where several variables do not go together, which the reason then names."""
    return f"MELVIN_{'_'.join(str(p) for p in place).upper()}: " if place else ""


def say(text: str) -> None:
    """Progress of long steps; the terminal shows it, standard output stays for results."""
    typer.echo(text, err=True)


def fail(message: str) -> Any:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def carry_out(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with refusals():
        try:
            asyncio.run(work())
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise typer.Exit(130) from None


class refusals:
    """Errors that a person can mend become a sentence and an exit code; all others keep their traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or kind is None:
            return
        from interviewer.desk.errands import sentence

        words = sentence(error)
        if words is not None:
            typer.echo(words, err=True)
            raise typer.Exit(1) from None
