"""A full disk and an object store that takes nothing are told in plain words, and outlive any number of tries."""

import errno
import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from obstore.exceptions import GenericError
from procrastinate.jobs import Job
from psycopg.errors import DiskFull
from sqlalchemy.exc import OperationalError

from interviewer.jobs.app import MOST_TRIES, HeldUp, JobFailed, Retries
from interviewer.jobs.failures import WRITING, JudgeAway, PlainError, held_up, sentence
from interviewer.media.recording import RecordingError
from interviewer.records.objects import ObjectStore

AGAIN = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow over 4 kB in this process, which is what a store on a full disk meets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_store_that_cannot_write_holds_the_job_up(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "sound").write_bytes(b"x" * 100_000)
    store = ObjectStore(tmp_path / "objects")
    request.getfixturevalue("small_files")
    with pytest.raises(GenericError) as failed:
        await store.put_file("recordings/int_1/mix.flac", tmp_path / "sound")
    reason = held_up(failed.value)
    assert reason is not None
    assert sentence(WRITING, reason, AGAIN) == (
        "Writing out the recording failed (the object store takes nothing now); it is tried again at 14:05:00 UTC."
    )


def test_a_full_disk_is_called_so() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert str(held_up(full)) == "no space left on device"
    assert str(held_up(GenericError("LocalFileSystem error: No space left on device (os error 28)"))) == str(
        held_up(full)
    )
    recorder = RecordingError("sound could not be written")
    recorder.__cause__ = full
    assert str(held_up(recorder)) == str(held_up(full))
    database = OperationalError("INSERT", {}, DiskFull("could not extend file"))
    assert str(held_up(database)) == str(held_up(full))
    assert held_up(OSError(errno.EACCES, "Permission denied")) is None
    assert held_up(ValueError("anything else")) is None


def test_a_judge_that_is_away_holds_scoring_up_until_it_is_back() -> None:
    away = JudgeAway("3 of 3 answers have no scorecard yet")
    assert held_up(away) is away
    assert held_up(PlainError("1 of 3 answers have no scorecard yet")) is None


@pytest.mark.parametrize("attempts", [0, MOST_TRIES, 500])
def test_what_is_held_up_is_never_given_up(attempts: int) -> None:
    job = Job(id=1, queue="record", lock=None, queueing_lock=None, task_name="finalise", attempts=attempts)
    decision = Retries().get_retry_decision(exception=HeldUp("OSError"), job=job)
    assert decision is not None
    assert decision.retry_at is not None
    assert (decision.retry_at - datetime.now(UTC)).total_seconds() < 700
    given_up = Retries().get_retry_decision(exception=JobFailed("OSError"), job=job)
    assert (given_up is None) == (attempts >= MOST_TRIES)
