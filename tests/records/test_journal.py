"""The journal: on the disk before append returns, readable after any crash, one thread and few syncs."""

import asyncio
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interviewer.records import journal as journal_module
from interviewer.records.journal import Journal, journal_path


def entry(seq: int, text: str = "") -> dict[str, object]:
    return {"seq": seq, "at": seq * 100, "kind": "heard", "text": text}


async def test_what_was_appended_is_read_back_in_order_by_another_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "int_1")
    await journal.append([entry(1, "a\nb"), entry(2, "ș \ud800 \x00")])
    await journal.append([entry(3)])
    assert Journal(tmp_path, "int_1").read() == [entry(1, "a\nb"), entry(2, "ș \ud800 \x00"), entry(3)]
    await journal.close()


def test_an_interview_without_a_journal_has_no_entries(tmp_path: Path) -> None:
    assert Journal(tmp_path, "int_1").read() == []


@pytest.mark.parametrize("torn", [b'{"seq":2,"at":', b'{"seq":2,"at":5,"kind":"tick"}', b"\x00\x00\x00"])
async def test_a_torn_last_line_is_left_out_and_written_over(tmp_path: Path, torn: bytes) -> None:
    journal = Journal(tmp_path, "int_1")
    await journal.append([entry(1)])
    await journal.close()
    with journal_path(tmp_path, "int_1").open("ab") as file:
        file.write(torn)
    again = Journal(tmp_path, "int_1")
    assert again.read() == [entry(1)]
    await again.append([entry(2)])
    assert again.read() == [entry(1), entry(2)]
    await again.close()


async def test_damage_in_the_middle_is_kept_aside_for_a_person(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "int_1")
    good = b'{"seq":1,"at":100,"kind":"heard","text":""}\n'
    path.write_bytes(good + b'\x00\x00\x00\n{"seq":3}\n')
    journal = Journal(tmp_path, "int_1")
    await journal.append([entry(2)])
    assert journal.read() == [entry(1), entry(2)]
    assert path.with_suffix(".damaged").read_bytes() == b'\x00\x00\x00\n{"seq":3}\n'
    await journal.close()


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    done: list[int] = []
    real = journal_module._sync

    def counted(fd: int) -> None:
        done.append(fd)
        real(fd)

    monkeypatch.setattr(journal_module, "_sync", counted)
    return done


async def test_appends_that_come_together_share_a_sync(tmp_path: Path, syncs: list[int]) -> None:
    journal = Journal(tmp_path, "int_1")
    await asyncio.gather(*(journal.append([entry(n)]) for n in range(100)))
    assert [e["seq"] for e in journal.read()] == list(range(100))
    assert len(syncs) <= 3
    await journal.close()


async def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, "int_1")
    await journal.append([entry(1)])
    write = os.write
    left = [10]

    def full(fd: int, data: bytes) -> int:
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[: left.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            await journal.append([entry(2)])
    await journal.append([entry(3)])
    assert journal.read() == [entry(1), entry(3)]
    await journal.close()


async def test_a_cancelled_caller_does_not_take_the_others_along(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "int_1")
    given_up = asyncio.create_task(journal.append([entry(1)]))
    other = asyncio.create_task(journal.append([entry(2)]))
    await asyncio.sleep(0)
    given_up.cancel()
    await other
    assert [e["seq"] for e in journal.read()] == [1, 2]
    await journal.close()


def test_everything_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from interviewer.records.journal import Journal
async def main():
    journal = Journal(Path({str(tmp_path)!r}), "int_1")
    for seq in range(1, 100_000):
        await journal.append([{{"seq": seq, "at": seq, "kind": "tick"}}])
        print(seq, flush=True)
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(50)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    process.wait()
    kept = [e["seq"] for e in Journal(tmp_path, "int_1").read()]
    assert kept[: len(acknowledged)] == acknowledged
