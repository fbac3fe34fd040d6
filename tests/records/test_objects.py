"""The object store: what comes out is what went in, by its hash; parts are read without the whole."""

import asyncio
import hashlib
import os
import threading
from pathlib import Path

import pytest

from interviewer.records.objects import ObjectStore

WHOLE = os.urandom(3_000_000)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.flac"
    path.write_bytes(WHOLE)
    return path


@pytest.fixture
def shorter(tmp_path: Path) -> Path:
    path = tmp_path / "shorter.flac"
    path.write_bytes(b"shorter")
    return path


@pytest.mark.parametrize("spelled", ["folder", "url"])
async def test_a_file_is_stored_with_its_hash_and_read_in_parts(tmp_path: Path, sound: Path, spelled: str) -> None:
    folder = tmp_path / "the objects"
    store = ObjectStore(folder if spelled == "folder" else "memory:///")
    assert await store.put_file("recordings/int_1/mix.flac", sound) == hashlib.sha256(WHOLE).hexdigest()
    assert await store.size("recordings/int_1/mix.flac") == len(WHOLE)
    assert await store.get_range("recordings/int_1/mix.flac", 1000, 2_500_000) == WHOLE[1000:2_500_000]


async def test_the_local_folder_is_private(tmp_path: Path) -> None:
    ObjectStore(tmp_path / "objects")
    assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700


async def test_putting_again_replaces(tmp_path: Path, sound: Path, shorter: Path) -> None:
    store = ObjectStore(tmp_path / "objects")
    await store.put_file("a", sound)
    await store.put_file("a", shorter)
    assert await store.get_range("a", 0, 7) == b"shorter"
    assert await store.size("a") == 7


async def test_bytes_are_stored_with_their_hash_while_asyncio_s_own_threads_are_busy(tmp_path: Path) -> None:
    loop, over = asyncio.get_running_loop(), threading.Event()
    waiting = [loop.run_in_executor(None, over.wait) for _ in range(64)]  # as encoders of sound hold them
    store = ObjectStore(tmp_path / "objects")
    async with asyncio.timeout(60):
        assert await store.put_bytes("recordings/int_1/parts/a", WHOLE) == hashlib.sha256(WHOLE).hexdigest()
        assert await store.get("recordings/int_1/parts/a") == WHOLE
        assert await store.delete_under("recordings/int_1") == 1
    assert not (tmp_path / "objects" / "recordings" / "int_1").exists()
    over.set()
    await asyncio.gather(*waiting)


async def test_what_is_not_there_is_a_missing_file_and_deleting_it_is_no_error(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "objects")
    with pytest.raises(FileNotFoundError):
        await store.size("a")
    with pytest.raises(FileNotFoundError):
        await store.get_range("a", 0, 1)
    await store.delete("a")


async def test_what_a_killed_process_had_half_written_goes_with_its_folder(tmp_path: Path, sound: Path) -> None:
    store = ObjectStore(tmp_path / "objects")
    await store.put_file("recordings/int_1/mix.flac", sound)
    folder = tmp_path / "objects" / "recordings" / "int_1"
    (folder / "candidate.flac#1").write_bytes(WHOLE)  # as the store names what it is still writing
    assert await store.keys_under("recordings/int_1") == ["recordings/int_1/mix.flac"]
    await store.delete_under("recordings/int_1")
    assert not folder.exists()


async def test_a_key_does_not_lead_out_of_the_folder(tmp_path: Path, sound: Path) -> None:
    store = ObjectStore(tmp_path / "objects")
    with pytest.raises(Exception, match=r"\.\."):
        await store.put_file("../outside", sound)
    assert not (tmp_path / "outside").exists()
