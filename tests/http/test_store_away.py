"""An object store that is away: each request that needs it says so and changes nothing, and works when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from interviewer.records.database import Database
from tests.http.factories import Finished
from tests.http.joining import Candidate, candidate, joined
from tests.http.test_answer_imports import NDJSON, RUBRIC, SAID, lines
from tests.http.test_api import check_problem
from tests.http.test_browser_recording import code, known, put
from tests.http.test_imported_sound import bench, row, send, waiting
from tests.jobs.interviews import Bench
from tests.sound_files import speech_as

__all__ = ["bench", "candidate", "joined"]


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """A file lies where the store's folder was, as after a disk that was not mounted."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_bytes(b"")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


def check_away(reply: httpx.Response) -> None:
    check_problem(reply, 503, "store-away")
    assert int(reply.headers["Retry-After"]) > 0


async def test_answers_are_not_imported_and_the_same_request_is_done_when_it_is_back(
    api: httpx.AsyncClient, tmp_path: Path
) -> None:
    headers = {**NDJSON, "Idempotency-Key": "once"}

    async def ask() -> httpx.Response:
        content = lines({"key": "a", "text": SAID})
        return await api.post("/answer-imports", params={"rubric": RUBRIC}, content=content, headers=headers)

    with away(tmp_path / "objects"):
        check_away(await ask())
        assert (await api.get("/answer-imports")).json()["data"] == []
    assert (await ask()).status_code == 202
    assert len((await api.get("/answer-imports")).json()["data"]) == 1


async def test_sound_of_a_row_stays_waited_for(
    api: httpx.AsyncClient, database: Database, bench: Bench, tmp_path: Path
) -> None:
    import_id = await waiting(api, database, bench, "a")
    with away(tmp_path / "objects"):
        check_away(await send(api, import_id, 1, speech_as("mp3")))
        assert (await row(api, import_id))["status"] == "waiting"
    assert (await send(api, import_id, 1, speech_as("mp3"))).status_code == 202


async def test_a_chunk_of_the_browsers_recording_is_kept_by_the_page(joined: Candidate, tmp_path: Path) -> None:
    with away(tmp_path / "objects"):
        reply = await put(joined, 0, b"said once")
        assert code(reply) == (503, "store-away")
        assert int(reply.headers["Retry-After"]) > 0
        assert await known(joined) == []
    assert (await put(joined, 0, b"said once")).status_code == 204


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_recording_is_said_to_be_out_of_reach_and_not_to_be_missing(
    recruiter: httpx.AsyncClient, finished: Finished, tmp_path: Path, method: str
) -> None:
    address = f"/interviews/{finished.interview_id}/audio/mix.flac"
    with away(tmp_path / "objects"):
        reply = await recruiter.request(method, address)
        assert reply.status_code == 503
        assert int(reply.headers["Retry-After"]) > 0
    assert (await recruiter.request(method, address)).status_code == 200
