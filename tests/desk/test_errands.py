"""The command line says in a sentence what a person can mend, and ends with 1."""

import pytest
from obstore.exceptions import GenericError
from typer.testing import CliRunner

from interviewer.cli import app
from interviewer.desk.errands import sentence


def test_a_database_that_is_not_there_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interviewer.commands.logs.configure_logs", lambda *_: None)  # for the whole process
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/melvin")
    done = CliRunner().invoke(app, ["keys", "list"])
    assert done.exit_code == 1
    assert done.output.startswith("The database does not do what it was asked")
    assert "Connection refused" in done.output


def test_so_is_an_object_store_that_is_away_and_nothing_else() -> None:
    told = sentence(GenericError("Generic S3 error: no answer\n\nDebug source:\nmuch"))
    assert told == "The object store does not do what it was asked: Generic S3 error: no answer"
    assert sentence(ValueError("what a candidate said")) is None
