"""README says what is there: every setting with its variable, and commands that exist."""

import re
from pathlib import Path

from pydantic import SecretStr
from typer.testing import CliRunner

from interviewer.cli import app
from interviewer.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_table_names_every_setting_and_no_other():
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| .*?`MELVIN_([A-Z_]+)`", table, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def test_defaults_in_the_table_are_the_real_ones():
    for name, field in Settings.model_fields.items():
        row = next(line for line in README.splitlines() if line.startswith("|") and f"`MELVIN_{name.upper()}`" in line)
        default = row.split("|")[2].strip()
        if field.default not in (None, "", (), SecretStr("")):
            assert default == f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
        else:
            assert not re.fullmatch(r"`[^`]*`", default), row


def test_every_command_it_shows_exists():
    code = "\n".join([*re.findall(r"```sh\n(.*?)```", README, re.DOTALL), *re.findall(r"`([^`\n]+)`", README)])
    commands = set(re.findall(r"\binterviewer ((?:plans|keys|recruiters) [a-z]+|[a-z]+)", code))
    assert {"serve", "doctor", "invite", "keys create", "plans list"} <= commands
    for command in commands:
        done = CliRunner().invoke(app, [*command.split(), "--help"])
        assert done.exit_code == 0, f"interviewer {command}: {done.output}"


def test_its_pictures_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / p).is_file() and (ROOT / p).stat().st_size < 200_000 for p in pictures)
