"""A model's process: priorities, deaths, restarts, time limits, and no orphan left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import pytest

from interviewer.speech.process import ModelError, ModelGone, ModelProcess, Program, Unwanted

ECHO = "tests.speech.echo_process"

PARENT = """
import asyncio
from interviewer.speech.process import ModelProcess, Program
async def main():
    process = ModelProcess(Program("tests.speech.echo_process"))
    await process.start()
    print(process.pid, flush=True)
    await process.call({"do": "wait", "seconds": 60})
asyncio.run(main())
"""


@asynccontextmanager
async def running(program: Program | None = None):
    process = ModelProcess(program or Program(ECHO))
    await process.start()
    try:
        yield process
    finally:
        await process.close()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:  # noqa: ASYNC110 - another program tells no event
        await asyncio.sleep(0.05)
    return not alive(pid)


async def test_requests_and_raw_bytes_go_and_come_back_whatever_libraries_print():
    told = []
    process = ModelProcess(Program(ECHO, threads=2, nice=3))
    await process.start(told.append)
    payload = bytes(range(256)) * 10_000
    reply = await process.call({"do": "echo", "text": "naïve\n☃"}, payload)
    await process.close()
    assert reply.header == {"echo": "naïve\n☃", "threads": "2", "nice": os.nice(0) + 3}
    assert reply.payload == payload[::-1]
    assert process.info["name"] == "echo"
    assert told == ["loading"]


async def test_the_most_urgent_comes_first_and_equals_in_order():
    async with running() as process:
        done: list[str] = []

        async def ask(name: str, priority: int) -> None:
            await process.call({"do": "echo", "text": name}, priority=priority)
            done.append(name)

        busy = asyncio.create_task(process.call({"do": "wait", "seconds": 0.3}))
        await asyncio.sleep(0.1)
        asks = [asyncio.create_task(ask(n, p)) for n, p in (("record", 3), ("caption", 1), ("end 1", 0), ("end 2", 0))]
        await asyncio.gather(busy, *asks)
        assert done == ["end 1", "end 2", "caption", "record"]


async def test_a_caller_that_gave_up_leaves_the_queue():
    async with running() as process:
        busy = asyncio.create_task(process.call({"do": "wait", "seconds": 0.3}))
        await asyncio.sleep(0.05)
        dropped = asyncio.create_task(process.call({"do": "wait", "seconds": 30}))
        after = asyncio.create_task(process.call({"do": "echo", "text": "after"}))
        await asyncio.sleep(0.05)
        dropped.cancel()
        await busy
        assert (await asyncio.wait_for(after, 15)).header["echo"] == "after"


async def test_a_request_that_nobody_wants_when_its_turn_comes_is_dropped_unrun(tmp_path):
    async with running() as process:
        busy = asyncio.create_task(process.call({"do": "wait", "seconds": 0.3}))
        await asyncio.sleep(0.05)
        newest = 0

        def caption(number: int) -> asyncio.Task:
            nonlocal newest
            newest = number
            return asyncio.create_task(
                process.call({"do": "die"} if number < 3 else {"do": "echo", "text": "3"},
                             priority=2, wanted=lambda: newest == number)
            )  # fmt: skip

        captions = [caption(number) for number in (1, 2, 3)]
        live = asyncio.create_task(process.call({"do": "echo", "text": "live"}))
        results = await asyncio.gather(busy, live, *captions, return_exceptions=True)
        assert [type(r) for r in results[2:4]] == [Unwanted, Unwanted]
        assert results[4].header["echo"] == "3"
        assert process.restarts == 0
        assert process.count(9) == 0


async def test_polite_requests_leave_the_process_half_of_its_time():
    process = ModelProcess(Program(ECHO), polite_from=2)
    await process.start()
    began = time.monotonic()
    asks = [process.call({"do": "wait", "seconds": 0.3}, priority=2), process.call({"do": "echo"}, priority=2)]
    await asyncio.gather(*asks)
    assert time.monotonic() - began >= 0.6
    await process.close()


async def test_a_request_that_fails_costs_only_itself():
    async with running() as process:
        with pytest.raises(ModelError, match="cannot do that"):
            await process.call({"do": "fail"})
        assert (await process.call({"do": "echo", "text": "on"})).header["echo"] == "on"
        assert process.restarts == 0


async def test_a_killed_process_starts_again_by_itself():
    async with running() as process:
        first = process.pid
        os.kill(first, signal.SIGKILL)
        assert (await asyncio.wait_for(process.call({"do": "echo", "text": "back"}), 10)).header["echo"] == "back"
        assert process.pid != first
        assert process.restarts == 1


async def test_a_killed_process_starts_again_though_there_was_no_memory_for_it_at_first(monkeypatch):
    failures = [OSError(12, "Cannot allocate memory")]
    start = asyncio.create_subprocess_exec

    async def scarce(*command, **how):
        if failures:
            raise failures.pop()
        return await start(*command, **how)

    async with running() as process:
        monkeypatch.setattr(asyncio, "create_subprocess_exec", scarce)
        os.kill(process.pid, signal.SIGKILL)
        while failures:  # noqa: ASYNC110 - the end of another program tells no event
            await asyncio.sleep(0.02)
        reply = await process.call({"do": "echo", "text": "back"})
        assert reply.header["echo"] == "back"


async def test_a_request_under_way_when_the_process_dies_is_tried_again(tmp_path):
    async with running() as process:
        request = {"do": "die once", "flag": str(tmp_path / "died"), "text": "second time"}
        assert (await process.call(request)).header["echo"] == "second time"
        assert process.restarts == 1


async def test_a_request_that_kills_twice_is_refused_and_the_next_one_served():
    async with running() as process:
        deadly = asyncio.create_task(process.call({"do": "die"}))
        after = asyncio.create_task(process.call({"do": "echo", "text": "after"}, priority=1))
        with pytest.raises(ModelGone, match="twice"):
            await deadly
        assert (await asyncio.wait_for(after, 10)).header["echo"] == "after"


async def test_a_request_that_takes_too_long_is_ended():
    async with running() as process:
        began = time.monotonic()
        with pytest.raises(ModelGone, match="longer than"):
            await process.call({"do": "wait", "seconds": 60}, timeout_s=0.3)
        assert (await process.call({"do": "echo", "text": "on"})).header["echo"] == "on"
        assert time.monotonic() - began < 30


async def test_a_model_that_cannot_load_says_why():
    with pytest.raises(ModelGone, match="the file is not there"):
        await ModelProcess(Program(ECHO, {"broken": True})).start()


async def test_a_model_that_does_not_load_in_time_is_ended():
    with pytest.raises(ModelGone, match="did not load"):
        await ModelProcess(Program(ECHO, {"silent": True}, start_timeout_s=0.5)).start()


async def test_closing_ends_the_process_and_refuses_what_waits():
    process = ModelProcess(Program(ECHO))
    await process.start()
    pid = process.pid
    busy = asyncio.create_task(process.call({"do": "wait", "seconds": 60}))
    queued = asyncio.create_task(process.call({"do": "echo"}))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(process.close(), 20)
    await process.close()
    assert await gone(pid)
    for task in (busy, queued):
        with pytest.raises(ModelGone, match="closed"):
            await asyncio.wait_for(task, 10)
    with pytest.raises(ModelGone):
        await process.call({"do": "echo"})


async def test_the_process_ends_with_a_parent_that_was_killed_even_in_mid_request():
    command = [sys.executable, "-c", PARENT]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - its parent is to be killed
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    await asyncio.sleep(0.2)
    parent.kill()
    parent.wait()
    assert await gone(pid)
