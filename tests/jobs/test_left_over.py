"""What killed processes leave on the disk and in the store, where no deletion would find it."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest

from interviewer.jobs import orphans
from interviewer.jobs.orphans import remove_orphans
from interviewer.jobs.work_folders import LEFT_AFTER_S, remove_left_folders, work_folder
from interviewer.records.database import Database
from tests.jobs.interviews import a_bench


def test_folders_of_killed_jobs_go_after_a_day_and_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with work_folder("sound") as running, work_folder("flac") as left:
        Path(left, "candidate.pcm").write_bytes(b"a voice")
        old = time.time() - LEFT_AFTER_S - 60
        os.utime(left, (old, old))
        somebodys = tmp_path / "somebody-else"
        somebodys.mkdir()
        os.utime(somebodys, (old, old))
        assert remove_left_folders() == 1
        assert not Path(left).exists()
        assert Path(running).exists()
        assert somebodys.exists()
        Path(left).mkdir()  # so that it can be left


async def test_files_of_imports_that_no_row_names_go_after_a_day(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = a_bench(database, tmp_path)
    for key in ("imports/imp_gone.jsonl", "imports/imp_gone/3/0123abcd", "recordings/int_1/mix.flac"):
        await bench.work.objects.put_bytes(key, b"words of a candidate")
    assert await remove_orphans(bench.work) == 0, "its row may be on its way"
    monkeypatch.setattr(orphans, "ORPHANED_AFTER", timedelta(seconds=-60))
    assert await remove_orphans(bench.work) == 2
    assert await bench.work.objects.keys_under("") == ["recordings/int_1/mix.flac"]
