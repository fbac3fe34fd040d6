"""The examples for programs run as they are shown: the README's, and the one for test mode."""

from __future__ import annotations

import asyncio
import re
import sys
import textwrap
from pathlib import Path

from interviewer.jobs.worker import work_off
from interviewer.records import keys
from interviewer.records.database import Database
from tests.http.conftest import SCOPES
from tests.http.factories import Finished
from tests.http.test_player import address
from tests.jobs.interviews import a_bench

__all__ = ["address"]

TRY_IT = Path(__file__).parent / "examples" / "try_it.py"
README = Path(__file__).parent.parent.parent / "README.md"


async def a_key(database: Database, *, livemode: bool) -> str:
    async with database.session() as session:
        return (await keys.create_key(session, name="an example", scopes=SCOPES, livemode=livemode))[1]


async def running(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_the_one_for_test_mode_goes_from_the_invitation_to_the_levels(
    address: str, database: Database, tmp_path: Path
) -> None:
    key = await a_key(database, livemode=False)
    program = await running(str(TRY_IT), MELVIN=address, MELVIN_KEY=key)
    said = asyncio.create_task(program.communicate())
    bench = a_bench(database, tmp_path)
    while not said.done():
        await work_off(database.url, bench.work)  # a worker's part
        await asyncio.wait([said], timeout=0.2)
    out, errors = await said
    assert (program.returncode, errors.decode()) == (0, "")
    lines = out.decode().splitlines()
    assert [line for line in lines if not line.startswith(" ")], "a line for each question"
    assert [line for line in lines if re.fullmatch(r"    ?\S+ (\d|None)", line)], "and one for each criterion"
    wrong = await running(str(TRY_IT), MELVIN=address, MELVIN_KEY=await a_key(database, livemode=True))
    assert b"test-mode-only: Only a test key may do that." in (await wrong.communicate())[1]


async def test_the_readme_s_runs_as_it_stands(address: str, database: Database, finished: Finished) -> None:
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if "mk_live_..." in b]
    key = await a_key(database, livemode=True)
    source = textwrap.dedent(block).replace("http://127.0.0.1:8000", address).replace("mk_live_...", key)
    assert address in source
    program = await running("-c", f"{source}\nprint(interview['id'], transcript['object'], scorecards['object'])")
    out, errors = await program.communicate()
    assert errors.decode() == ""
    link, last = out.decode().splitlines()
    assert link.startswith(f"{address}/i/")
    assert last.split() == [finished.interview_id, "transcript", "list"]
