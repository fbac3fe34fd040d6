"""Answers from elsewhere that are sound: a row waits for its file, is written out, and becomes an answer to score."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from interviewer.desk.errands import Refused
from interviewer.desk.importing import import_file
from interviewer.http.api import imported_sound as sound_api
from interviewer.jobs.app import MOST_TRIES
from interviewer.jobs.imported_sound import write_out_row
from interviewer.jobs.upkeep import prune
from interviewer.jobs.worker import work_off
from interviewer.records import imported_sound
from interviewer.records.database import Database
from interviewer.records.imports import answer_import
from interviewer.settings import Settings
from interviewer.speech.whisper import Recognition
from tests.http.test_answer_imports import RUBRIC, SAID, change, imported, lines, queried
from tests.http.test_api import check_problem
from tests.jobs.interviews import Bench, ScriptedRecogniser, a_bench
from tests.sound_files import speech_as

MP3 = {"Content-Type": "audio/mpeg"}


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    """Its objects lie where the site puts them."""
    return a_bench(database, tmp_path)


async def waiting(client: httpx.AsyncClient, database: Database, bench: Bench, *keys: str) -> str:
    """An import whose rows wait for their sound."""
    content = lines(*({"key": key, "audio": f"{key}.mp3", "candidate": "An Le"} for key in keys))
    made = await imported(client, database, bench, content, scored=False)
    assert (made["status"], made["pending"], made["finished_at"]) == ("running", len(keys), None)
    return str(made["id"])


async def send(client: httpx.AsyncClient, import_id: str, number: int, data: bytes) -> httpx.Response:
    return await client.put(f"/answer-imports/{import_id}/rows/{number}/audio", content=data, headers=MP3)


async def row(client: httpx.AsyncClient, import_id: str, number: int = 1) -> dict[str, Any]:
    rows = (await client.get(f"/answer-imports/{import_id}/rows", params={"starting_after": number - 1})).json()["data"]
    return dict(rows[0])


async def test_a_file_of_sound_becomes_a_scored_answer_that_can_be_heard_and_deleted(
    api: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await waiting(api, database, bench, "old 1")
    assert (await row(api, import_id))["status"] == "waiting"
    sent = await send(api, import_id, 1, speech_as("mp3"))
    assert (sent.status_code, sent.json()["status"], sent.json()["audio"]) == (202, "queued", "old 1.mp3")
    assert (await send(api, import_id, 1, speech_as("mp3"))).json() == sent.json(), "the same again changes nothing"
    check_problem(await send(api, import_id, 1, speech_as("webm")), 409, "audio-differs")

    await work_off(database.url, bench.work)
    done = (await api.get(f"/answer-imports/{import_id}")).json()
    assert (done["status"], done["stored"], done["pending"], done["failed"]) == ("done", 1, 0, 0)
    assert done["finished_at"] is not None
    stored = await row(api, import_id)
    assert stored["status"] == "stored"
    assert (await send(api, import_id, 1, speech_as("mp3"))).json() == stored
    interview_id = stored["interview_id"]
    interview = (await api.get(f"/interviews/{interview_id}")).json()
    assert (interview["status"], interview["candidate"]["name"]) == ("scored", "An Le")
    transcript = (await api.get(f"/interviews/{interview_id}/transcript")).json()
    (turn,) = transcript["turns"]
    assert turn["text"] == "word0 word1 word2 word3"
    assert [w["confidence"] for w in turn["words"]] == [0.9] * 4
    (answer,) = bench.judge.read
    assert [w.confidence for w in answer.words] == [0.9] * 4, "the judge is told what was hard to hear"
    ((candidate,),) = await queried(database, "SELECT candidate FROM answer_import_rows")
    assert candidate is None

    page = await recruiter.get(f"/interviews/{interview_id}")
    assert f"/interviews/{interview_id}/audio/mix.flac" in page.text
    heard = await recruiter.get(f"/interviews/{interview_id}/audio/mix.flac")
    samples, rate = soundfile.read(io.BytesIO(heard.content))
    assert abs(len(samples) / rate - 4) < 0.1
    hashes = {sha256 for (sha256,) in await queried(database, "SELECT sha256 FROM recordings")}
    assert hashes == {hashlib.sha256(heard.content).hexdigest()}
    keys = await bench.work.objects.keys_under("")
    assert keys == [f"recordings/{interview_id}/candidate.flac"], "the file that was sent is gone"

    assert (await api.delete(f"/interviews/{interview_id}")).status_code == 202
    await work_off(database.url, bench.work)
    assert await bench.work.objects.keys_under("") == []
    assert (await api.get(f"/answer-imports/{import_id}/rows")).json()["data"] == []


async def test_what_cannot_be_taken_is_refused_and_changes_nothing(
    api: httpx.AsyncClient, tester: httpx.AsyncClient, database: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lines({"key": "a", "audio": "a.mp3"}, {"key": "b", "text": SAID}, {"key": "c", "audio": ""})
    reply = await api.post(
        "/answer-imports", params={"rubric": RUBRIC}, content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    import_id = reply.json()["id"]
    speech = speech_as("mp3")
    early = await send(api, import_id, 1, speech)
    check_problem(early, 409, "rows-not-read")
    assert early.headers["Retry-After"] == "2"
    await work_off(database.url, bench.work)
    check_problem(await send(api, import_id, 2, speech), 409, "no-audio-wanted")
    check_problem(await send(api, import_id, 3, speech), 409, "no-audio-wanted")
    check_problem(await send(api, import_id, 4, speech), 404, "not-found")
    check_problem(await send(tester, import_id, 1, speech), 404, "not-found")
    check_problem(await send(api, import_id, 1, b"Dear reader"), 422, "not-audio")
    path = f"/answer-imports/{import_id}/rows/1/audio"
    check_problem(await api.put(path, content=speech, headers={"Content-Type": "text/html"}), 415, "media-type")
    announced = {**MP3, "Content-Length": str(sound_api.LARGEST + 1)}
    check_problem(await api.put(path, content=speech, headers=announced), 413, "too-large")
    monkeypatch.setattr(sound_api, "LARGEST", len(speech) - 1)
    check_problem(await send(api, import_id, 1, speech), 413, "too-large")
    assert (await row(api, import_id))["status"] == "waiting"
    assert await bench.work.objects.keys_under("imports") == []
    monkeypatch.setattr(sound_api, "LARGEST", len(speech))
    assert (await send(api, import_id, 1, speech)).status_code == 202


class Deaf(ScriptedRecogniser):
    def recognise(
        self, pcm: npt.NDArray[np.int16], *, language: str = "en", hotwords: Iterable[str] = ()
    ) -> Recognition:
        return Recognition("")


async def test_a_file_that_gives_no_words_fails_its_row_alone_and_says_why(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await waiting(api, database, bench, "broken", "silent", "lost")
    await send(api, import_id, 1, speech_as("webm")[:100] + bytes(5000))
    await send(api, import_id, 2, speech_as("wav"))
    await send(api, import_id, 3, speech_as("ogg"))
    await bench.work.objects.delete_under(imported_sound.sound_folder(import_id, 3))
    bench.work.recogniser = Deaf()
    await work_off(database.url, bench.work)
    rows = (await api.get(f"/answer-imports/{import_id}/rows")).json()["data"]
    assert [(r["status"], r["error"]) for r in rows] == [
        ("failed", "The file cannot be read as sound."),
        ("failed", "Nobody is heard to speak in the file."),
        ("failed", "The file is gone. Please send it again, in another import."),
    ]
    done = (await api.get(f"/answer-imports/{import_id}")).json()
    assert (done["status"], done["failed"], done["pending"]) == ("done", 3, 0)
    assert await bench.work.objects.keys_under("") == []
    assert (await api.get("/interviews?source=import")).json()["data"] == []


async def test_a_row_whose_job_is_given_up_fails_and_one_whose_file_never_comes_too(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await waiting(api, database, bench, "poison", "never")
    await send(api, import_id, 1, speech_as("wav"))
    bench.recogniser.failure = ValueError("the candidate said: a secret")
    for tries in (1, MOST_TRIES):
        await change(database, f"UPDATE procrastinate_jobs SET scheduled_at = NULL, attempts = {tries - 1}")  # noqa: S608
        await work_off(database.url, bench.work)
        now = await row(api, import_id)
        assert now["status"] == ("failed" if tries == MOST_TRIES else "queued")
        assert now["error"].startswith("Writing out the recording failed (ValueError); it ")
    async with database.session() as session:
        made = await answer_import(session, import_id)
    assert made is not None
    # As a worker leaves it that died between storing the recording and the row.
    await bench.work.objects.put_bytes(f"recordings/{imported_sound.interview_of(made, 1)}/candidate.flac", b"sound")
    await prune(bench.work)
    assert await bench.work.objects.keys_under("") == []
    assert (await row(api, import_id, 2))["status"] == "waiting"
    assert (await api.get(f"/answer-imports/{import_id}")).json()["status"] == "running"
    await change(database, "UPDATE answer_imports SET created_at = now() - interval '8 days'")
    await prune(bench.work)
    assert (await row(api, import_id, 2))["error"] == "Its file did not come within 7 days."
    assert (await api.get(f"/answer-imports/{import_id}")).json()["status"] == "done"


async def test_one_key_is_one_answer_whether_it_came_as_text_or_as_sound(
    api: httpx.AsyncClient, database: Database, bench: Bench
) -> None:
    import_id = await waiting(api, database, bench, "text later", "twice", "twice")
    for number in (1, 2, 3):
        await send(api, import_id, number, speech_as("wav"))
    await imported(api, database, bench, lines({"key": "text later", "text": SAID}), scored=False)
    for number in (1, 2, 3, 2):  # a job that runs again changes nothing
        await write_out_row(bench.work, f"{import_id}/{number}")
    rows = (await api.get(f"/answer-imports/{import_id}/rows")).json()["data"]
    assert [r["status"] for r in rows] == ["known", "stored", "known"]
    assert rows[1]["answer_id"] == rows[2]["answer_id"]
    again = await imported(api, database, bench, lines({"key": "twice", "audio": "x.wav"}), scored=False)
    assert (again["status"], again["pending"], again["stored"]) == ("done", 0, 0)
    assert len((await api.get("/interviews?source=import")).json()["data"]) == 2
    assert len(bench.recogniser.heard) == 1, "what is known is not written out"


async def test_the_command_line_takes_the_files_from_a_folder(tmp_path: Path, database: Database, bench: Bench) -> None:
    folder = tmp_path / "sound"
    folder.mkdir()
    (folder / "good.webm").write_bytes(speech_as("webm"))
    (folder / "letter.mp3").write_text("Dear reader")
    (tmp_path / "secret.wav").write_bytes(speech_as("wav"))
    file = tmp_path / "answers.jsonl"
    names = ("good.webm", "letter.mp3", "none.wav", "../secret.wav")
    file.write_text(lines(*({"key": name, "audio": name} for name in names), {"key": "t", "text": SAID}), "utf-8")
    settings = Settings(data_folder=tmp_path, database_url=database.url, objects=str(tmp_path / "objects"))

    async def run(audio: Path | None) -> list[str]:
        said: list[str] = []
        done = import_file(settings, lambda _: None, file, rubric=RUBRIC, plan=None, question=None, audio=audio)
        try:
            async for line in done:
                said.append(line)  # noqa: PERF401 - those before a refusal are wanted too
        except Refused:
            return said
        raise AssertionError("wrong lines were not told by the exit code")

    told, *wrong = await run(folder)
    assert told.endswith(": 1 imported, 0 known already, 3 wrong, 1 to be written out")
    assert wrong == [
        "  line 2: The file is not WAV, MP3, WebM, Ogg, FLAC or MP4.",
        "  line 3: The file cannot be read (no such file or directory).",
        "  line 4: The file lies outside the folder.",
    ]
    await work_off(database.url, bench.work)
    statuses = await queried(database, "SELECT status FROM answer_import_rows WHERE number = 1")
    assert statuses == [("stored",)]
    told, *wrong = await run(None)
    assert told.endswith(": 0 imported, 2 known already, 3 wrong")
    assert "--audio FOLDER" in wrong[0]
