"""One of two nodes killed (kill -9) under four running interviews, which go on by the same link on the other.

Two service processes with a data folder each, one database and one object store. Four candidates (aiortc over this
machine, each with a recording of its own, as pages have) are led to the first node, two seconds apart, answer two
questions each with recorded speech, speak on while they are led to the other node, and say an answer again where Melvin
still waits for it after that. In mid-interview the first node is killed; it does not come back. The record transcripts
are made on the second, from the parts of both and from what the pages sent.

Completed: the interview ended as "completed", after a connection to the second node. Answers lost: those of which less
than nine in ten words are in the record transcript. Sound only on the dead disk: what the first node had recorded of
the candidate and not brought to the object store when it died. Back: from the kill to the first word of the second node
to the candidate's page; it is not before the first one's heartbeat is ten seconds old. ``--quick`` kills once (about
three minutes), else three times with other moments.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from interviewer.media.recording import CANDIDATE, received
from interviewer.records.embedded import EmbeddedPostgres
from tests.benchmarks.network import answer
from tests.benchmarks.network.interview import Answer, invite, prompts_with, record_transcript
from tests.benchmarks.nodes.candidate import Candidate
from tests.benchmarks.nodes.words import kept
from tests.benchmarks.report import Figure, Options, Report
from tests.end_to_end.service import RunningService

__all__ = ["ANSWERS", "AT_ONCE", "OVER_S", "QUESTIONS", "joined", "run"]

QUESTIONS = 2
ANSWERS = (("librivox_0870",), ("LJ001-0005", "librivox_0890"))
AT_ONCE = 4
APART_S = 2.0
KILLS_S, QUICK_KILLS_S = (5.0, 12.0, 20.0), (12.0,)
"""Seconds after the last of them has joined."""
RATE = 16_000
OVER_S = 240.0
KEPT = 0.9


def run(options: Options) -> Report:
    answers = [answer(names) for names in ANSWERS]
    talks: list[Candidate] = []
    ends: list[tuple[str, str]] = []
    notes: list[str] = []
    alone: list[float] = []
    for after_s in QUICK_KILLS_S if options.quick else KILLS_S:
        with _two_nodes() as (first, second), second.api() as api:
            one, ran, left = _killed(first, second, api, answers, after_s)
            alone += left
            ends += _outcomes(api, [talk.interview_id for talk in one])
            talks += one
            notes += ran
    shares = [[kept(a.text, heard) for a in answers] for _, heard in ends]
    count = len(talks)
    over_there = sum(reason == "completed" and t.connections > 1 for t, (reason, _) in zip(talks, ends, strict=True))
    notes += [
        f"interview {n + 1}: {reason}, {talk.connections} connections, "
        f"{'killed in mid-word' if talk.in_speech else 'not speaking then'}, back after {talk.away_s:.1f} s, "
        f"answers kept {', '.join(f'{100 * share:.0f} %' for share in found)}"
        for n, (talk, (reason, _), found) in enumerate(zip(talks, ends, shares, strict=True))
    ]
    return Report(
        [
            Figure("interviews completed on the other node", over_there, f"of {count}", at_least=count),
            Figure("answers lost from the record transcripts", sum(s < KEPT for found in shares for s in found), "",
                   at_most=0),
            Figure("sound only on the dead disk, most", max(alone), "s"),
            Figure("sound only on the dead disk, mean", sum(alone) / len(alone), "s"),
            Figure("back after the kill, most", max(t.away_s for t in talks), "s"),
        ],
        notes,
    )  # fmt: skip


@contextmanager
def _two_nodes() -> Iterator[tuple[RunningService, RunningService]]:
    folder = Path(tempfile.mkdtemp(prefix="melvin-nodes-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = stack.enter_context(_database(folder / "database"))
        prompts = prompts_with(folder, QUESTIONS)
        nodes = []
        for name in ("first", "second"):
            (folder / name).mkdir()
            node = RunningService(folder / name)
            node.extra = {
                "MELVIN_DATABASE_URL": url, "MELVIN_OBJECTS": str(folder / "objects"),
                "MELVIN_NODE_ADDRESS": node.address, "MELVIN_PROMPTS_FOLDER": str(prompts),
                "MELVIN_MOST_INTERVIEWS": str(AT_ONCE), "MELVIN_ADMISSION": "fixed",
                # Both pages and jobs come from the second: the first is there for interviews alone.
                "MELVIN_WORKER": str(name == "second").lower(),
            }  # fmt: skip
            nodes.append(node)
        for node in nodes:
            node.extra["MELVIN_PUBLIC_URL"] = nodes[1].address
            stack.callback(_stopped, node)
            node.start()
        for node in nodes:
            node.settle()
        yield nodes[0], nodes[1]


def _stopped(node: RunningService) -> None:
    if node.process is not None and node.process.poll() is None:
        node.stop()


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    """A PostgreSQL that belongs to neither node."""
    folder.mkdir()
    folder.chmod(0o711)
    started: Future[str] = Future()
    done = threading.Event()

    async def serve() -> None:
        server = EmbeddedPostgres(folder, shared_state=folder / "shared")
        started.set_result(await server.start())
        await asyncio.to_thread(done.wait)
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="postgres")
    thread.start()
    try:
        yield started.result(timeout=120)
    finally:
        done.set()
        thread.join()


def _killed(
    first: RunningService, second: RunningService, api: httpx.Client, answers: Sequence[Answer], after_s: float
) -> tuple[list[Candidate], list[str], list[float]]:
    """And what `interviewer nodes` said just before the kill, and what only the first one's disk held after it: looked
    at before anybody else brings or writes out anything."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        talks, running = joined(threads, api, answers, [first.address, second.address])
        time.sleep(after_s)
        ran = second.command("nodes").splitlines()
        first.kill()
        for talk in talks:
            talk.gone()
        left = [_only_on_its_disk(first, talk.interview_id) for talk in talks]
        for one in running:
            one.result()
    return talks, ran, left


def _only_on_its_disk(node: RunningService, interview_id: str) -> float:
    """Seconds of the candidate's sound; more than 0 in any case, for there is always a last part that is open."""
    folder = node.folder / "data" / "recordings" / interview_id
    recorded = sum(end - start for start, end in received(folder, CANDIDATE))
    parts = Path(node.extra["MELVIN_OBJECTS"]) / "recordings" / interview_id / "parts"
    brought = sum(part.stat().st_size // 2 for part in parts.glob(f"{CANDIDATE}-*.pcm"))
    return (recorded - brought) / RATE


def joined(
    threads: ThreadPoolExecutor,
    api: httpx.Client,
    answers: Sequence[Answer],
    nodes: Sequence[str],
    count: int = AT_ONCE,
) -> tuple[list[Candidate], list[Future[None]]]:
    """Candidates who are all in their interviews."""
    talks, running = [], []
    for _ in range(count):
        invitation = invite(api)
        talk = Candidate(invitation["link"], answers, nodes)
        running.append(threads.submit(talk.hold, OVER_S))
        assert talk.joined.wait(120), "nobody was let in"
        ids = {row["invitation_id"]: row["id"] for row in api.get("/interviews").json()["data"]}
        talk.interview_id = ids[invitation["id"]]
        talks.append(talk)
        time.sleep(APART_S)
    return talks, running


def _outcomes(api: httpx.Client, interview_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Why each ended, and what its candidate said by the record transcript."""
    heard = [record_transcript(api, interview_id) for interview_id in interview_ids]
    reasons = [api.get(f"/interviews/{interview_id}").json()["end_reason"] or "" for interview_id in interview_ids]
    return list(zip(reasons, heard, strict=True))
