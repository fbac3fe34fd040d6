"""A recording heard again gives the event log of an interview in which it was the answer, with every pause."""

from __future__ import annotations

import numpy as np

from interviewer.conversation.events import Heard, event_from_dict
from interviewer.conversation.pauses import pauses, verdict
from interviewer.conversation.turns import FixedSilence, Paced
from interviewer.live.rehearing import HELD_S, rehear
from interviewer.speech.whisper import Recognition
from tests.clips import RATE, clips


def two_stretches(silence_s: float) -> tuple[np.ndarray, int]:  # type: ignore[type-arg] # int16, one dimension
    """A reading, silence, and the reading again; and where the silence begins."""
    speech = clips()["librivox_0890"].pcm
    still = np.zeros(RATE // 2, np.int16)
    silence = np.zeros(round(silence_s * RATE), np.int16)
    return np.concatenate([still, speech, silence, speech]), len(still) + len(speech)


async def test_a_recordings_pauses_are_found_with_the_words_before_each() -> None:
    sound, silence_from = two_stretches(2.0)
    given: list[int] = []

    def recognise(pcm: np.ndarray, before: np.ndarray) -> Recognition:  # type: ignore[type-arg]
        given.append(len(pcm))
        return Recognition(f"these are the words of stretch {len(given)}.", finality=0.3)

    heard = await rehear(sound, recognise)
    held, end = [p for p in heard.pauses() if p.silence_s > 1.5]
    assert abs(held.at - heard.began - silence_from) < RATE // 2
    assert abs(held.silence_s - 2.0) < 0.6
    assert (held.went_on, end.went_on) == (True, False)
    assert held.turn.text == "these are the words of stretch 1."
    assert held.turn.finality == 0.3
    assert end.turn.text == "these are the words of stretch 1. these are the words of stretch 2."
    assert len(given) == 2

    assert verdict(held, FixedSilence(1.0)).answers_after_s == 1.0
    assert verdict(held, FixedSilence(3.0)).answers_after_s is None
    assert verdict(end, FixedSilence(3.0)).answers_after_s == 3.0


async def test_its_log_can_be_read_again_and_tells_the_same() -> None:
    sound, _ = two_stretches(1.2)
    heard = await rehear(sound, lambda pcm, before: Recognition("some words that end here.", finality=0.8))
    events = [event_from_dict(entry) for entry in heard.entries]
    assert sum(isinstance(e, Heard) for e in events) == 2
    again = pauses(heard.script, events, FixedSilence(HELD_S))
    assert again == heard.pauses()
    assert [verdict(p, Paced()) for p in again] == [verdict(p, Paced()) for p in heard.pauses()]


async def test_silence_has_no_pauses() -> None:
    heard = await rehear(np.zeros(3 * RATE, np.int16), lambda pcm, before: Recognition("never asked"))
    assert heard.pauses() == []
