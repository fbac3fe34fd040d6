"""What goes round for as long as the service runs outlives whatever one round meets."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from interviewer.jobs import child as jobs_child
from interviewer.jobs.child import WorkerChild
from interviewer.rounds import begin_rounds

NO_MEMORY = OSError(12, "Cannot allocate memory")


async def test_a_round_that_fails_is_told_of_and_the_next_one_begins() -> None:
    rounds = 0
    through = asyncio.Event()

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 3:
            raise KeyError("what nobody thought of")
        through.set()

    with capture_logs() as told:
        task = begin_rounds(work, 0.001, "look after something")
        async with asyncio.timeout(10):
            await through.wait()
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert [entry["work"] for entry in told] == ["look after something"] * 2


async def test_a_worker_that_cannot_be_started_for_want_of_memory_is_started_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [NO_MEMORY, BlockingIOError(11, "Resource temporarily unavailable")]
    start = asyncio.create_subprocess_exec

    async def scarce(*command: str, **how: object) -> asyncio.subprocess.Process:
        if failures:
            raise failures.pop()
        return await start(*command, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", scarce)
    monkeypatch.setattr(jobs_child, "LONGEST_PAUSE_S", 0.01)
    sign = tmp_path / "began"
    child = WorkerChild(
        [sys.executable, "-c", f"import pathlib, time; pathlib.Path({str(sign)!r}).touch(); time.sleep(60)"], {}
    )
    child.start()
    try:
        async with asyncio.timeout(20):
            while not sign.exists():  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(0.02)
        assert failures == []
    finally:
        await child.close()
