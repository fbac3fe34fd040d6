"""What the candidate of these benchmarks says: recorded answers, as they are and with silences spliced in mid-clause.

The sounds and the places of the silences come from the pause set of the benchmark ``turns``. All are brought to one
level, as a browser's gain control does, before a microphone's sound is sent.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.activity import VoiceActivity
from scoring.transcript import Word
from tests.benchmarks.gap.measure import Sound, Spoken, silences, speech_level
from tests.benchmarks.turns.endings import recogniser
from tests.benchmarks.turns.pause_set import LENGTHS_S, Clip, answers_of, clips
from tests.benchmarks.turns.pause_set import Answer as Spliced
from tests.clips import RATE, load
from tests.end_to_end.candidate import as_wav

__all__ = ["Answer", "by_speaker", "few_words", "plain", "spliced", "words_by_whisper"]

Pcm = npt.NDArray[np.int16]
Words = Callable[[Pcm], Sequence[Word]]

SPEECH_LEVEL = 3300.0
"""Root mean square of the loudest frames: 20 dB below full scale."""
SHORTEST_S = 2.5
"""From the first to the last sample of speech; what is shorter is a command, not an answer."""
LONGEST_S = 30.0
"""Of a recording; longer ones take a run's time for few answers."""
LEAST_BEFORE_S = 0.5
SHORT_S, NEAR_S = 0.2, 0.05
"""A silence in a pause of the speaker's own that is longer than this, or so near to it, would only make that longer: it
is none in mid-clause, nor of the length that it was made."""
FEW_WORDS = "librivox_0890.flac"


@dataclass(frozen=True, slots=True)
class Answer:
    """``pcm``: 16 kHz mono, with a little room tone before and after."""

    name: str
    speaker: str
    pcm: Pcm
    spoken: Spoken

    @property
    def wav(self) -> bytes:
        return as_wav(self.pcm)


def plain(data: Path, seed: int) -> Iterator[Answer]:
    """Recordings as they are, in an order that ``seed`` decides."""
    for clip in _shuffled(data, seed):
        answer = _whole(clip)
        if _long_enough(answer):
            yield answer


def spliced(data: Path, words: Words, seed: int) -> Iterator[Answer]:
    """Recordings with a silence after about every third second of speech, where the speaker made none of their own; the
    lengths go round from clip to clip, so that each comes as often. After the last recording the first comes again,
    with other lengths."""
    known = [clip for clip in _shuffled(data, seed) if _long_enough(_whole(clip))]
    made: dict[str, list[Answer]] = {}
    for n in range(len(LENGTHS_S)):
        for i, clip in enumerate(known):
            if clip.name not in made:
                made[clip.name] = _spliced(clip, words)
            if made[clip.name]:
                yield made[clip.name][(i + n) % len(LENGTHS_S)]


def _spliced(clip: Clip, words: Words) -> list[Answer]:
    """With silences at the same places, once for each length that the first of them can have. Empty where there is no
    place for any."""
    whole, *made = answers_of(clip, words, 1)
    if not made:
        return []
    (sound,) = made
    level = speech_level(whole.pcm)
    # A boundary after the first word, or before it as the recogniser has it, is no pause in an answer.
    least = (_levelled(clip, clip.name, whole.pcm, level).spoken.begin + LEAST_BEFORE_S) * RATE
    own = [*silences(whole.pcm, level), *_not_heard(whole.pcm)]
    left_out, before = [], 0
    for at, length in sound.spliced:
        where = (at - before) / RATE
        in_own = any(s.begin - NEAR_S < where < s.end + NEAR_S for s in own if s.end - s.begin > SHORT_S)
        left_out.append(at < least or in_own)
        before += length
    if all(left_out):
        return []
    return [
        _levelled(clip, f"{clip.name}, lengths from {LENGTHS_S[n]:g} s", _with_lengths(sound, left_out, n), level)
        for n in range(len(LENGTHS_S))
    ]


def _not_heard(pcm: Pcm) -> list[Sound]:
    """Silences between the first and the last speech by voice activity, which breath and a noisy room do not hide
    from."""
    found = [(a.kind, a.at / RATE) for a in VoiceActivity().feed(0, np.append(pcm, np.zeros(RATE, np.int16)))]
    return [Sound(end, begin) for (kind, end), (_, begin) in pairwise(found) if kind == "ended"]


def _with_lengths(sound: Spliced, left_out: Sequence[bool], shift: int) -> Pcm:
    """Its silences made longer or shorter; those ``left_out`` are taken out."""
    parts, done, n = [], 0, shift
    for (at, length), without in zip(sound.spliced, left_out, strict=True):
        parts.append(sound.pcm[done:at])
        if not without:
            parts.append(np.resize(sound.pcm[at : at + length], round(LENGTHS_S[n % len(LENGTHS_S)] * RATE)))
            n += 1
        done = at + length
    return np.concatenate([*parts, sound.pcm[done:]])


def by_speaker(answers: Sequence[Answer]) -> list[list[Answer]]:
    """In the order of each speaker's first answer."""
    of: dict[str, list[Answer]] = {}
    for answer in answers:
        of.setdefault(answer.speaker, []).append(answer)
    return list(of.values())


def words_by_whisper() -> Words:
    """Word times by the model that the product comes with, kept as those of the benchmark ``turns`` are."""
    return recogniser().words


def few_words(data: Path) -> bytes:
    """For the check of the microphone."""
    pcm = load(data / "audio" / "read_en" / FEW_WORDS)
    return as_wav(_louder(pcm, speech_level(pcm)))


def _shuffled(data: Path, seed: int) -> list[Clip]:
    """Recordings that stop in mid-sentence are left out: their end is no end of a turn."""
    found = [c for c in clips(data) if c.ends and len(load(c.path)) / RATE <= LONGEST_S]
    random.Random(seed).shuffle(found)
    return found


def _whole(clip: Clip) -> Answer:
    sound = next(answers_of(clip, lambda _: ()))
    return _levelled(clip, sound.name, sound.pcm, speech_level(sound.pcm))


def _long_enough(answer: Answer) -> bool:
    return answer.spoken.end - answer.spoken.begin >= SHORTEST_S


def _levelled(clip: Clip, name: str, pcm: Pcm, level: float) -> Answer:
    louder = _louder(pcm, level)
    return Answer(name, clip.speaker, louder, Spoken.of(louder, SPEECH_LEVEL))


def _louder(pcm: Pcm, level: float) -> Pcm:
    return np.clip(pcm * (SPEECH_LEVEL / level), -32767, 32767).astype(np.int16)
