"""smart-turn's weights are believed only where they are the ones that were measured; a second output is read off a
model that has one, and finality takes it in. The model here is a tiny one of the same form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interviewer.speech import smart_turn
from interviewer.speech.finality import Ending, Judge, Judges, shipped
from interviewer.speech.smart_turn import SECONDS, SIZE, SmartTurn, smart_turn_file

RATE = 16_000
BASE = 512


def number(n: int) -> bytes:
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + number(n >> 7)


def field(key: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return number(key << 3) + number(value)
    return number(key << 3 | 2) + number(len(value)) + value


def node(kind: bytes, into: bytes, out: bytes) -> bytes:
    return field(1, field(1, into) + field(2, out) + field(4, kind))


def floats(name: bytes, *shape: int) -> bytes:
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """probability = mean(sigmoid(relu(mel))); its pooled state is relu(mel). Fields as in onnx.proto."""
    graph = (
        node(b"Relu", b"input_features", b"sum_1")
        + node(b"Sigmoid", b"sum_1", b"each")
        + node(b"ReduceMean", b"each", b"logits")
        + field(2, b"tiny")
        + field(11, floats(b"input_features", 1, 80, 100 * SECONDS))
        + field(12, floats(b"logits", 1, 1, 1))
    )
    file = tmp_path / "smart-turn-v3.2-cpu.onnx"
    file.write_bytes(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
    return file


def test_the_pooled_state_comes_beside_the_models_own_answer(model: Path) -> None:
    pcm = np.random.default_rng(1).normal(0, 3000, 3 * RATE).astype(np.int16)
    heard = SmartTurn(model)(pcm)
    over = SmartTurn(model).probability(pcm)
    pooled = heard[1:]
    assert over == pytest.approx(float((1 / (1 + np.exp(-pooled))).mean()), abs=1e-5)
    assert heard[0] == pytest.approx(np.log(over / (1 - over)), abs=1e-4)
    assert len(pooled) == 80 * 100 * SECONDS


def test_only_the_last_seconds_count_and_silence_stands_before_what_is_shorter(model: Path) -> None:
    turn = SmartTurn(model)
    long = np.random.default_rng(2).normal(0, 3000, (SECONDS + 2) * RATE).astype(np.int16)
    assert (turn(long) == turn(long[-SECONDS * RATE :])).all()
    short = long[-RATE:]
    assert (turn(short) == turn(np.concatenate([np.zeros((SECONDS - 1) * RATE, np.int16), short]))).all()


def test_another_model_is_not_taken_for_the_one_that_was_measured(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert smart_turn_file(model) is None
    assert smart_turn_file(tmp_path / "nothing") is None
    monkeypatch.setattr(smart_turn, "SHA256", smart_turn.hashlib.sha256(model.read_bytes()).hexdigest())
    assert smart_turn_file(model) == model


def test_it_is_found_in_an_installed_wheel_without_importing_that(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "site" / smart_turn.PACKAGE / smart_turn.INSIDE
    inside.parent.mkdir(parents=True)
    inside.write_bytes(model.read_bytes())
    (tmp_path / "site" / smart_turn.PACKAGE / "__init__.py").write_text("raise ImportError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(smart_turn, "SHA256", smart_turn.hashlib.sha256(model.read_bytes()).hexdigest())
    assert smart_turn_file() == inside


def test_an_ending_is_judged_by_the_judge_that_knows_all_of_its_features() -> None:
    plain, tuned = Judge(np.zeros(BASE + 1), -1.0), Judge(np.zeros(BASE + 1 + SIZE), 1.0)
    judges = Judges((tuned, plain))
    voice, tune = np.zeros(BASE, np.float32), np.zeros(SIZE, np.float32)
    heard, unheard = judges(Ending(0.5, voice, tune)), judges(Ending(0.5, voice))
    assert heard is not None
    assert unheard is not None
    assert unheard < 0.5 < heard


def test_what_is_shipped_judges_with_smart_turn_and_without() -> None:
    voice, tune = np.zeros(BASE, np.float32), np.zeros(SIZE, np.float32)
    assert shipped()(Ending(0.5, voice)) is not None
    assert shipped()(Ending(0.5, voice, tune)) is not None
    tune[0] = 5.0
    assert (shipped()(Ending(0.5, voice, tune)) or 0.0) > (shipped()(Ending(0.5, voice, tune * 0)) or 0.0)
