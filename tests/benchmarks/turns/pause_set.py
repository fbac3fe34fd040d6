"""Answers with their own pauses, and the same answers with silences of 1 to 6 s spliced in mid-clause.

    recorded   ▆▆▆▆▆▆▆▆▆▆▆▁▁▆▆▆▆▆▆▆▁
    spliced    ▆▆▆▆▆────▆▆▆▆▆▆▁▁▆▆▆▆▆▆▆▁      after a word that ends no sentence and no clause
                    ├1-6 s┤

A silence is room tone: noise as loud as the quietest tenth of the clip. Splices stand where the recogniser's own word
times (not the reference) put a boundary between two words with no mark at it, at the quietest 10 ms near it.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.silero import CHUNK
from scoring.transcript import Word
from tests.benchmarks.report import DataMissing
from tests.benchmarks.turns.reference import sentence_ends_after
from tests.clips import RATE, load

__all__ = ["LENGTHS_S", "Answer", "Clip", "answers_of", "clips", "cut_at", "gated_at", "other_clips"]

Pcm = npt.NDArray[np.int16]

SETS = ("read_en", "spontaneous_en", "fillers_en")
ALONE = ("meeting_turns", "moon_intent_pauses.flac")
OTHER = "nonnative_en"
"""Coefficients are fitted to it too, and nothing is measured on it: forty speakers, a sentence or two of each."""
UNFINISHED = frozenset({
    "LJ001-0001.flac", "LJ001-0003.flac", "LJ001-0006.flac", "LJ001-0007.flac", "sb_spk1_snt2.flac",
})  # fmt: skip
"""Readings that stop in mid-sentence, by their reference text: their last word is no end of a turn."""
LENGTHS_S = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
VARIANTS = 2
"""How many times each clip is spliced, each time at other places."""
APART_S = 3.0
FRAME = RATE // 100
FADE = 2 * FRAME // 4
GATE_S = 0.03
"""A noise gate closes so fast, when the voice has fallen silent."""
LEAD_S = 0.5
TAIL_S = 1.0
NEAR_FRAMES = 6
WITHIN_DB = 20.0


@dataclass(frozen=True, slots=True)
class Clip:
    """``ends``: its last word is the end of a turn. ``speaker`` is what clips are split by. ``other``: for fitting
    alone. ``reference``: its text as the set has it."""

    name: str
    folder: str
    speaker: str
    path: Path
    ends: bool
    other: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``spliced``: (where the silence begins, its length), in samples of ``pcm``. ``end``: of the speech.
    ``between_words``: (where, whether a sentence ends there by the reference, None where that does not say)."""

    clip: Clip
    name: str
    pcm: Pcm
    spliced: tuple[tuple[int, int], ...]
    end: int
    between_words: tuple[tuple[int, bool | None], ...] = ()

    def ends_sentence(self, at: int) -> bool | None:
        """Whether a sentence ends, by the reference, between the two words nearest to ``at``."""
        if not self.between_words:
            return None
        return min(self.between_words, key=lambda place: abs(place[0] - at))[1]


def clips(data: Path) -> list[Clip]:
    """What turn policies are measured on."""
    found = []
    for folder in (*SETS, ALONE[0]):
        for name, speaker, path, text in _manifest(data, folder):
            if folder != ALONE[0] or name == ALONE[1]:
                found.append(Clip(name, folder, speaker, path, name not in UNFINISHED, reference=text))
    return found


def other_clips(data: Path) -> list[Clip]:
    found = _manifest(data, OTHER)
    return [
        Clip(name, OTHER, speaker, path, ends=True, other=True, reference=text) for name, speaker, path, text in found
    ]


def _manifest(data: Path, folder: str) -> Iterator[tuple[str, str, Path, str]]:
    manifest = data / "audio" / folder / "manifest.jsonl"
    if not manifest.is_file():
        raise DataMissing(f"{manifest} is not there; name the folder that holds audio/ with --data or MELVIN_DATA")
    for row in map(json.loads, manifest.read_text("utf-8").splitlines()):
        yield str(row["file"]), str(row["speaker"]), manifest.parent / str(row["file"]), row["text"] or ""


def answers_of(clip: Clip, words: Callable[[Pcm], Sequence[Word]], variants: int = VARIANTS) -> Iterator[Answer]:
    """The clip as it is, then spliced. ``words``: the recogniser's words of a clip with their times."""
    pcm = load(clip.path)
    tone = room_tone(pcm, clip.name)
    first, last = _speech(pcm)
    pcm = _placed(pcm[max(0, first - RATE // 5) : last + RATE // 5], tone)
    last = _speech(pcm)[1]
    said = words(pcm)
    between = _between_words(clip, said)
    yield Answer(clip, clip.name, pcm, (), last, between)
    places = _boundaries(pcm, said)
    for variant in range(variants):
        chosen = _chosen(places, variant, variants)
        if not chosen:
            continue
        lengths = [LENGTHS_S[(i + variant) % len(LENGTHS_S)] for i in range(len(chosen))]
        spliced, at = _splice(pcm, chosen, lengths, tone)
        moved = tuple((_moved(place, chosen, at), ends) for place, ends in between)
        yield Answer(clip, f"{clip.name}#{variant}", spliced, at, last + sum(length for _, length in at), moved)


def cut_at(pcm: Pcm, place: int, tone: Callable[[int], Pcm]) -> Pcm:
    """The same length of sound, which ends at ``place`` as it would at a splice."""
    kept = pcm[:place].astype(np.float64)
    kept[-FADE:] *= np.linspace(1, 0, FADE)[-len(kept) :]
    return np.concatenate([kept.astype(np.int16), tone(len(pcm) - place)])


def gated_at(pcm: Pcm, place: int) -> Pcm:
    """The same length of sound, as a noise gate lets it through that closes at ``place``: digital silence after it."""
    close = round(GATE_S * RATE)
    kept = pcm[:place].astype(np.float64)
    kept[-close:] *= np.linspace(1, 0, close)[-len(kept) :]
    return np.concatenate([kept.astype(np.int16), np.zeros(len(pcm) - place, np.int16)])


def _placed(pcm: Pcm, tone: Callable[[int], Pcm]) -> Pcm:
    return np.concatenate([tone(round(LEAD_S * RATE)), pcm, tone(round(TAIL_S * RATE))])


def _levels(pcm: Pcm) -> npt.NDArray[np.float64]:
    frames = pcm[: len(pcm) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)) + 1e-3)


def _speech(pcm: Pcm) -> tuple[int, int]:
    """First and last sample within 20 dB of the speech level, which is that of the loudest tenth of 10 ms frames."""
    levels = _levels(pcm)
    loud = np.flatnonzero(levels > np.quantile(levels, 0.9) * 10 ** (-WITHIN_DB / 20))
    return int(loud[0]) * FRAME, int(loud[-1] + 1) * FRAME


def room_tone(pcm: Pcm, name: str) -> Callable[[int], Pcm]:
    """Of a clip, the same for the same ``name``."""
    levels = _levels(pcm)
    loudness = float(np.clip(np.quantile(levels, 0.05), 3.0, np.quantile(levels, 0.9) * 0.02 + 3.0))
    noise = np.random.default_rng(zlib.crc32(name.encode())).normal(0.0, loudness, 10 * RATE)

    def tone(samples: int) -> Pcm:
        return np.rint(noise[:samples]).astype(np.int16)

    return tone


def _between_words(clip: Clip, words: Sequence[Word]) -> tuple[tuple[int, bool | None], ...]:
    ends = sentence_ends_after(clip.reference, [word.text for word in words])
    return tuple(
        (round((word.end + following.start) / 2 * RATE), ends_here)
        for (word, following), ends_here in zip(pairwise(words), ends, strict=True)
        if word.end is not None and following.start is not None
    )


def _moved(place: int, places: Sequence[int], spliced: Sequence[tuple[int, int]]) -> int:
    """Where ``place`` lies once silences stand at ``places``. What is nearest to one of them stays at its beginning."""
    near = NEAR_FRAMES * FRAME
    return place + sum(length for at, (_, length) in zip(places, spliced, strict=True) if place > at + near)


def _boundaries(pcm: Pcm, words: Sequence[Word]) -> list[int]:
    """Samples between two words, the first of which ends no clause."""
    levels = _levels(pcm)
    places = []
    for word, following in pairwise(words):
        if word.end is None or following.start is None or not word.text.strip()[-1:].isalnum():
            continue
        middle = round((word.end + following.start) / 2 * 100)
        near = levels[max(0, middle - NEAR_FRAMES) : middle + NEAR_FRAMES + 1]
        if len(near):
            places.append((max(0, middle - NEAR_FRAMES) + int(near.argmin())) * FRAME + FRAME // 2)
    return places


def _chosen(places: Sequence[int], variant: int, variants: int) -> list[int]:
    chosen: list[int] = []
    for place in places[variant::variants] if len(places) >= 2 * variants else places[variant : variant + 1]:
        if not chosen or place - chosen[-1] >= APART_S * RATE:
            chosen.append(place)
    return chosen


def _splice(
    pcm: Pcm, places: Sequence[int], lengths_s: Sequence[float], tone: Callable[[int], Pcm]
) -> tuple[Pcm, tuple[tuple[int, int], ...]]:
    parts, at, grown = [], [], 0
    down = np.linspace(1, 0, FADE)
    pieces = np.split(pcm, places)
    for i, piece in enumerate(pieces):
        faded = piece.astype(np.float64)
        if i > 0:
            faded[:FADE] *= down[::-1][: len(faded)]
        if i < len(places):
            faded[-FADE:] *= down[-len(faded) :]
        parts.append(faded.astype(np.int16))
        if i < len(places):
            length = math.ceil(lengths_s[i] * RATE / CHUNK) * CHUNK
            parts.append(tone(length))
            at.append((places[i] + grown, length))
            grown += length
    return np.concatenate(parts), tuple(at)
